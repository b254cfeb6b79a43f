"""Messages in, facts out: the rules of a dialect file, compiled. No I/O.

What a rule needs of the past is in the `Flow` of the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from support.dialects.canonical import (
    EVENT_DATA,
    FACTS,
    FIELDS,
    LIMITED,
    NOTHING,
    is_event,
    wrong,
)
from support.dialects.expressions import MISSING, Getter, compiled, is_true, parsed, paths
from support.dialects.flow import Flow
from support.dialects.schema import DialectData, Field, Rule
from support.dialects.templates import MissingValue, fill, placeholders
from support.dialects.values import Kind
from support.journal import facts


@dataclass(frozen=True)
class Reading:
    """What a message says, and what is to be sent back at once (templates, filled in).

    `rules` are the numbers of the rules it met, counted from 0.
    """

    facts: tuple[facts.AnyFact, ...]
    replies: tuple[Any, ...] = ()
    rules: tuple[int, ...] = ()


class Reader:
    """The rules of one dialect."""

    def __init__(self, data: DialectData) -> None:
        self._run = compiled(data.runs.id) if data.runs.id else None
        self._first_counts = data.runs.accepted_by_all
        self._tells_again = data.resume.tells_again
        self.rules = [CompiledRule(number, rule, data) for number, rule in enumerate(data.read)]
        #: True where a message cannot be read without its past.
        said = placeholders([[step.send for step in data.hello], data.resume.query])
        self.stateful = (
            self._run is not None
            or self._first_counts
            or self._tells_again
            or bool(data.runs.trailing)
            or any(rule.asks_for_run for rule in self.rules)
            or not said.isdisjoint({"run", "asked"})
            or any(rule.stateful or rule.says == "turn" for rule in self.rules)
        )

    def read(self, message: Any, flow: Flow) -> Reading:
        """The facts in a message that is decoded already; never raises, may be empty."""
        found: list[tuple[int, facts.AnyFact]] = []
        parts: list[facts.AnyFact] = []
        listed: Any = None  # where the members stand that the last rules were about
        replies: list[Any] = []
        met: list[int] = []
        lists: dict[tuple[str, ...], Members] = {}
        run = self._run_of(message, flow) if self.stateful else ""
        for rule in self.rules:
            scope = rule.scope(message, flow, run)
            if not rule.holds(scope, flow, run):
                if rule.each and is_true(rule.when(scope)):  # it has had its turn
                    lists.setdefault(rule.path, Members(0)).excused = True
                continue
            met.append(rule.number)
            rule.remember(scope, flow, run)
            if rule.rule.each is None or rule.rule.each != listed:
                parts += _in_order(found)
                found, listed = [], rule.rule.each
            scopes = rule.scopes(scope)
            members = Members(len(scopes))
            if rule.each:
                members = lists.setdefault(rule.path, members)
            for number, fact in rule.said(scopes, members, flow, run):
                if self._first_counts and flow.knows(fact):
                    continue
                if self._tells_again and flow.is_told_again(fact):
                    continue
                if self.stateful:
                    flow.follow(fact)
                    rule.remember_accepted(fact, scope, flow)
                found.append((number, fact))
            if rule.reply is not None:
                wanted = rule.reply if isinstance(rule.reply, list) else [rule.reply]
                kept = {**flow.kept.get(run, {}), **_scalars(message)}
                filled = (_filled(reply, flow, kept) for reply in wanted)
                replies += [reply for reply in filled if reply is not None]
            if not rule.more:
                break
        left = (members.left(path) for path, members in lists.items())
        return Reading(
            (*parts, *_in_order(found), *(fact for fact in left if fact is not None)),
            tuple(replies),
            tuple(met),
        )

    def _run_of(self, message: Any, flow: Flow) -> str:
        value = self._run(message) if self._run is not None else None
        return value if isinstance(value, str) and value else flow.current


@dataclass
class Members:
    """How many members a list in a message has, and those that a rule has taken.

    `excused`: a rule that takes them only `once` has done so.
    """

    count: int
    taken: set[int] = field(default_factory=set)
    excused: bool = False

    def left(self, path: tuple[str, ...]) -> facts.Unreadable | None:
        """What is said of members that no rule has taken."""
        left = set(range(self.count)) - self.taken
        if self.excused or not left:
            return None
        return facts.Unreadable(
            why=f"{len(left)} of {self.count} members of {' → '.join(path)} that no rule"
            f" understands, the first is number {min(left) + 1}"
        )


@dataclass(frozen=True)
class Value:
    """One value that a rule takes out of a message."""

    name: str
    get: Getter
    kind: Kind
    optional: bool
    allowed: list[Any] | None
    label: str
    #: An id that is a whole number in the message, and a text in the fact.
    numbered: bool = False

    def read(self, scope: Any) -> tuple[Any, str]:
        """The value (None if absent or wrong) and what is wrong with it (empty: nothing)."""
        value = self.get(scope)
        empty = value == "" and self.kind == "text" and self.optional  # a zero value
        if empty or value is MISSING or (value is None and self.kind != "present"):
            return None, "" if self.optional else f"{self.label} is missing"
        value, problem = wrong(value, self.kind, self.allowed)
        if self.numbered and value is not None:
            value = str(value)
        return value, f"{self.label} {problem}" if problem else ""


class CompiledRule:
    """A rule, ready to be asked."""

    def __init__(self, number: int, rule: Rule, dialect: DialectData) -> None:
        defaults = dialect.event.get if is_event(rule.says) else {}
        self.once = dialect.resume.sends_once
        named = "run_id" in {**defaults, **rule.get, **rule.set}
        #: True where its events belong to the run under way: the message names none.
        self.asks_for_run = is_event(rule.says) and not named
        told_once = dialect.resume.mode in ("none", "live")  # what is told again has ended before
        self.last_run = dialect.runs.id is None and told_once
        self.lacks = tuple(dialect.runs.lacks) if rule.says == "accepted" else ()
        runs = dialect.runs
        #: The events that may trail the end of a run, with their seconds of grace.
        self.trails: dict[Any, float] = dict.fromkeys(runs.trailing, runs.trailing_s)
        self.pace = runs.deltas_per_s if rule.says == "accepted" else None
        self.late = rule.says == "accepted" and dialect.runs.accepted_late
        self.number, self.rule, self.says = number, rule, rule.says
        self.more, self.reply = rule.more, rule.reply
        self.when = compiled(rule.when)
        self.path = (rule.each,) if isinstance(rule.each, str) else tuple(rule.each or ())
        self.each = tuple(compiled(step) for step in self.path)
        self.if_ = compiled(rule.if_) if rule.if_ else None
        self.keep = {name: compiled(text) for name, text in rule.keep.items()}
        kinds = FIELDS[rule.says]
        given = {**{k: v for k, v in defaults.items() if k not in rule.set}, **rule.get}
        if (is_event(rule.says) or rule.says == "ignored") and not dialect.positions_count:
            given.pop("position", None)
        self.values = tuple(_value(name, at, kinds[name]) for name, at in given.items())
        data = EVENT_DATA.get(rule.says, {})
        self.data = tuple(
            _value(name, at, data[name], LIMITED.get((rule.says, name)))
            for name, at in rule.data.items()
        )
        self.set = {k: v for k, v in rule.set.items() if not k.startswith("data.")}
        self.set_data = {k[5:]: v for k, v in rule.set.items() if k.startswith("data.")}
        texts = [rule.when, rule.if_ or "", *rule.keep.values()]
        texts += [value.label for value in (*self.values, *self.data)]
        kept = {name for other in dialect.read for name in other.keep}
        self._asks = {name for text in texts if text for name in _names_kept(text, kept)}
        self.stateful = bool(
            rule.keep or rule.once or rule.reply or self._asks or placeholders(rule.set)
        )

    @property
    def names(self) -> set[str]:
        """The fields of the event it says; none of any other fact."""
        return self.taken if is_event(self.says) else set()

    @property
    def taken(self) -> set[str]:
        """The fields of the fact it says that come from the message."""
        return {value.name for value in self.values}

    def scope(self, message: Any, flow: Flow, run: str) -> Any:
        """What the rule's expressions are about: the message and, where asked for, its run."""
        if not self._asks or not isinstance(message, dict):
            return message
        kept, own = flow.kept.get(run, {}), message.get("run")
        asked = {"kept": kept} if "kept" in self._asks else {}
        if "run" in self._asks:
            asked["run"] = {**(own if isinstance(own, dict) else {}), **kept}
        return {**message, **asked}

    def holds(self, scope: Any, flow: Flow, run: str) -> bool:
        """True when the message meets the condition, and the rule has not had its turn."""
        if not is_true(self.when(scope)):
            return False
        return not (self.rule.once and (run, self.number) in flow.said)

    def remember(self, scope: Any, flow: Flow, run: str) -> None:
        """Keep what the rule keeps of its run."""
        if self.rule.once:
            flow.said.add((run, self.number))
        for name, get in self.keep.items():
            value = get(scope)
            if value is not MISSING:
                flow.kept.setdefault(run, {})[name] = value

    def remember_accepted(self, fact: facts.AnyFact, scope: Any, flow: Flow) -> None:
        """Keep what the rule keeps for the run of a question that it says is accepted, too."""
        if self.keep and isinstance(fact, facts.Accepted) and fact.run_id is not None:
            self.remember(scope, flow, fact.run_id)

    def scopes(self, scope: Any) -> list[Any]:
        """The members that the rule is about; without a list, the message itself."""
        scopes = [scope]
        for step in self.each:
            scopes = [_member(m, outer, scope) for outer in scopes for m in _listed(step(outer))]
        return scopes

    def said(
        self, scopes: list[Any], members: Members, flow: Flow, run: str
    ) -> Iterator[tuple[int, facts.AnyFact]]:
        """What the rule says of the message, once for each member where it says so.

        Each fact with the number of its member in the list; those taken are noted in `members`.
        """
        for number, inner in enumerate(scopes):
            if self.if_ is None or is_true(self.if_(inner)):
                members.taken.add(number)
                fact = None if self.says == NOTHING else self._fact(inner, flow, run)
                if fact is not None:
                    yield number, fact

    def _fact(self, scope: Any, flow: Flow, run: str) -> facts.AnyFact | None:
        """The fact, None where it needs a value that nobody has kept."""
        constant = _filled(self.set, flow, scope)
        constant_data = _filled(self.set_data, flow, scope)
        if constant is None or constant_data is None:
            return None
        values, problems = _read_all(self.values, scope)
        if is_event(self.says):
            if self.says != "event":
                values["type"] = self.says
            data = values.get("data") or {}
            if self.data:
                named, wrong_data = _read_all(self.data, scope)
                data, problems = {**data, **named}, problems + wrong_data
            values["data"] = {**data, **constant_data}
        if self.says == "rejected" and isinstance(scope, dict):
            values["keys"] = tuple(sorted(k for k in scope if k not in ("run", "kept")))
        values |= constant
        if self.lacks:
            values["lacks"] = self.lacks
        if self.late:
            values["late"] = True
        if self.pace is not None:
            values["deltas_per_s"] = self.pace
        if is_event(self.says):
            self._place_in_run(values, flow, run)
        if self.once and values.get("id") is not None:
            values["once"] = True
        kept = {k: v for k, v in values.items() if v is not None}
        return FACTS[self.says](problems=tuple(problems), **kept)

    def _place_in_run(self, values: dict[str, Any], flow: Flow, run: str) -> None:
        """Give an event its run, and the grace it has where that run is over."""
        grace_s = self.trails.get(values.get("type"), 0.0)
        if values.get("run_id") is None:
            values["run_id"] = run or (flow.asking.run if self.last_run or grace_s else None)
        if grace_s and values.get("run_id") in flow.over:
            values["trailing_s"] = grace_s


def _names_kept(text: str, kept: set[str]) -> set[str]:
    """`kept`, where an expression names `kept.x`; `run`, for `run.x` where x is kept."""
    pairs = {pair for path in paths(parsed(text)) for pair in pairwise(path)}
    return {table for table, name in pairs if table in ("run", "kept") and name in kept}


def _value(name: str, at: str | Field, kind: Kind, allowed: list[Any] | None = None) -> Value:
    if isinstance(at, str):
        return Value(name, compiled(at), kind, False, allowed, at)
    numbered = kind == "text" and at.is_ == "integer"
    allowed = at.in_ or allowed
    return Value(name, compiled(at.at), at.is_ or kind, at.optional, allowed, at.at, numbered)


def _read_all(values: tuple[Value, ...], scope: Any) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    problems: list[str] = []
    for value in values:
        found[value.name], problem = value.read(scope)
        if problem:
            problems.append(problem)
    return found, problems


def _filled(template: Any, flow: Flow, message: Any) -> Any:
    """`template` with what is remembered and the message's own top-level values.

    None where a placeholder has no value.
    """
    if not template:
        return template
    try:
        return fill(template, {**_scalars(message), **flow.values()})
    except MissingValue:
        return None


def _scalars(message: Any) -> dict[str, Any]:
    own = message if isinstance(message, dict) else {}
    return {k: v for k, v in own.items() if isinstance(v, str | int | float)}


def _in_order(found: list[tuple[int, facts.AnyFact]]) -> list[facts.AnyFact]:
    """What several rules say of one list, in the order of its members."""
    return [fact for _, fact in sorted(found, key=lambda one: one[0])]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _member(member: Any, outer: Any, message: Any) -> Any:
    """A member as expressions see it; its own fields win over `outer` and `message`."""
    return {"outer": outer, "message": message, **member} if isinstance(member, dict) else member
