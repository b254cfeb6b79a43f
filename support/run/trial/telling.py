"""What a trial prints: each frame, the rule that it met, the facts it became; what was not read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from support.dialects.conversation import Heard
from support.dialects.frames import messages_in
from support.dialects.nearest import nearest, rule_lines
from support.dialects.wire import Wire
from support.journal import facts, records
from support.report.transcript import event_text

_QUIET = {"problems", "type", "keys", "lacks"}
_LONGEST_VALUE = 60


class Teller:
    """Prints a trial as it goes, for a person who has never seen the suite, and counts."""

    def __init__(self, console: Console, wire: Wire, text: str, *, full: bool = False) -> None:
        """`text` is the dialect file's own, for the lines of its rules. `full`: cut no line."""
        self._console, self._wire, self._full = console, wire, full
        self._lines = rule_lines(text)
        self._heard: Heard | None = None
        self._newest: tuple[str | None, int] | None = None  # epoch and position
        self.frames = 0
        self.rules: Counter[int] = Counter()
        self.said: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()

    # --- from a connection, or a record of one

    def heard(self, heard: Heard) -> None:
        """What the frame says whose record comes next."""
        self._heard = heard

    def record(self, record: records.Record) -> None:
        """A record of the journal. Raises nothing: it is called with the journal locked."""
        try:
            self._record(record)
        except OSError:  # nobody reads any more
            return

    def sent(self, text: str, said: Sequence[facts.AnyFact]) -> None:
        """A message that was sent."""
        self._print("→ ", text, "cyan")
        for fact in said:
            self._print("    ", fact_text(fact), "dim")

    def received(self, text: str, heard: Heard) -> None:
        """A message that arrived, and what the dialect makes of it."""
        self.frames += 1
        self._print("← ", text, "bold")
        for number in heard.rules:
            self.rules[number] += 1
            self._print("    ", f"{self.rule(number)}: {self._wire.reader.rules[number].rule.when}")
        for fact in heard.facts:
            self._fact(fact, text)
        if not heard.facts and heard.rules:
            self._print("    ", "no fact (it keeps values, or is one of several)", "dim")

    # --- from the trial

    def title(self, text: str) -> None:
        """A new part of the trial begins."""
        self._console.print()
        self._console.print(Text(text, style="bold underline"))

    def note(self, text: str, style: str = "") -> None:
        """A remark, in full."""
        self._console.print(Text(_plain(text), style=style))

    def good(self, text: str) -> None:
        """Something worked."""
        self.note(f"✔ {text}", "green")

    def bad(self, text: str) -> None:
        """Something did not."""
        self.note(f"✘ {text}", "red")

    def rule(self, number: int) -> str:
        """`rule 3, line 240`: rules are counted from 1, as a person does."""
        line = f", line {self._lines[number]}" if number < len(self._lines) else ""
        return f"rule {number + 1}{line}"

    def summary(self) -> None:
        """What was not understood, and the rules that never met a message."""
        self.title("What was read")
        said = ", ".join(f"{count} × {name}" for name, count in sorted(self.said.items()))
        self.note(f"{self.frames} messages received: {said or 'nothing was understood'}")
        for text, count in self.unread.most_common():
            self.bad(f"{count} × {text}")
        for text, count in self.problems.most_common():
            self.bad(f"{count} × {text}")
        rules = self._wire.reader.rules
        never = [rule for rule in rules if not self.rules[rule.number]]
        if never:
            self.note(f"{len(never)} of {len(rules)} rules met no message in this trial:")
        for rule in never:
            what = f"{self.rule(rule.number)}, says {rule.says}: {rule.rule.when}"
            self._print("  ", what, "yellow")

    # --- parts

    def _record(self, record: records.Record) -> None:
        if isinstance(record, records.Implied):
            for fact in record.facts:
                self._print("  · ", f"{fact_text(fact)} (the handshake and the hello are over)")
        elif isinstance(record, records.Frame):
            if record.direction == "sent":
                self.sent(record.text, record.facts)
            elif self._heard is not None:
                self.received(record.text, self._heard)
                for fact in self._heard.facts:
                    self._hole_before(fact)
        elif isinstance(record, records.PreludeCall):
            self._call(record)
        elif text := event_text(record):
            self._print("  · ", text, "dim")

    def _call(self, record: records.PreludeCall) -> None:
        if record.ok:
            self._print("  ✔ ", f"[[{record.when}]] {record.call}: {record.status}", "green")
        else:
            self._print("  ✘ ", f"[[{record.when}]] {record.call}: {record.detail}", "red")

    def _fact(self, fact: facts.AnyFact, text: str) -> None:
        if isinstance(fact, facts.Unreadable):
            if fact.why == self._wire.unmatched:
                self._unmatched(text)
            else:
                self.unread[fact.why] += 1
                self._print("    ", f"NOT READ: {fact.why}", "red")
            return
        name = _name_of(fact)
        self.said[name] += 1
        self._print("    ⇒ ", fact_text(fact), "green")
        for problem in fact.problems:
            self.problems[f"{name}: {problem}"] += 1
            self._print("      ", f"{name}: {problem}", "red")

    def _hole_before(self, fact: facts.AnyFact) -> None:
        """Say so where positions were passed over; a gate calls them lost events."""
        resume = self._wire.data.resume
        if not isinstance(fact, facts.Event | facts.Ignored) or fact.position is None:
            return
        before, self._newest = self._newest, (fact.epoch, fact.position)
        if before is None or before[0] != fact.epoch or resume.cursor_of == "run":
            return
        if fact.position > before[1] + 1 and resume.mode not in ("none", "live", "snapshot"):
            self.problems["positions were passed over: which messages have them?"] += 1
            hole = f"position {fact.position} follows position {before[1]}"
            self._print("      ", f"{hole}: which message has the one between?", "red")

    def _unmatched(self, text: str) -> None:
        framing = self._wire.framing() if self._wire.framing is not None else None
        said = messages_in(text, self._wire.data.frames, framing)
        messages: Sequence[Any] = () if isinstance(said, facts.Unreadable) else said.messages
        for message in messages:
            found = nearest(self._wire.reader.rules, message)
            hint = "no rule comes near it"
            if found is not None:
                was = f" (there it is {_short(found.was)})" if found.was else ""
                hint = f"nearest is {self.rule(found.rule.number)}, says {found.rule.says}: "
                hint += f"{found.held} of {found.of} conditions hold, not {found.fails}{was}"
            self.unread[f"no rule matched; {hint}"] += 1
            self._print("    ", f"NO RULE MATCHED; {hint}", "red")

    def _print(self, before: str, text: str, style: str = "") -> None:
        line = Text(before + _plain(text), style=style)
        cut: dict[str, Any] = {"no_wrap": True, "overflow": "ellipsis"}
        wrap = {"soft_wrap": True} if self._full else cut
        self._console.print(line, **wrap)


def fact_text(fact: facts.AnyFact) -> str:
    """A fact on one line, with the values it has."""
    given = {
        name: getattr(fact, name)
        for name in fact.__struct_fields__
        if name not in _QUIET and getattr(fact, name) not in (None, "", (), {}, False)
    }
    values = (
        f"{name}={_short(json.dumps(v, ensure_ascii=False, default=str))}"
        for name, v in given.items()
    )
    return "  ".join((_name_of(fact), *values))


def _name_of(fact: facts.AnyFact) -> str:
    if isinstance(fact, facts.Event):
        return fact.type
    return str(type(fact).__struct_config__.tag)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _plain(text: str) -> str:
    """Without anything that a terminal would obey."""
    shown = text.replace("\r\n", "⏎").replace("\n", "⏎")
    return "".join(c if c.isprintable() else "·" for c in shown)
