"""The conversation of one scenario as text a person can read from top to bottom.

One line an event: seconds since the scenario started, who, direction, and what. `→` is sent to the
service, `←` is received from it, `×` failed or was cut, `·` is a remark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from support.journal import EARLIER, facts, records
from support.report.fact_text import fact_text
from support.report.formatting import mask

TO, FROM, CUT, NOTE = "→", "←", "×", "·"
MOST_LINES = 240
MOST_CHARACTERS = 160
AROUND = 3  # lines shown around a guilty one in the middle of a long conversation
GUILTY, OTHER = "\N{HEAVY BALLOT X} ", "  "
LONGEST_SECRET = 4096  # characters; tokens are the longest there are
_PING = "ping"
_PINGS = (facts.Pinged, facts.Pong)


class TranscriptLine(NamedTuple):
    """One event, its text only made when asked for: most of a long conversation is not shown.

    `fold` marks those that are folded when they come in a row; `seq` is the number of the record.
    """

    t: float
    who: str
    arrow: str
    text: Callable[[], str]
    fold: str = ""
    seq: int = 0


def transcript(
    entries: Sequence[records.Record],
    start: float | None = None,
    guilty: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """The records of one scenario as aligned text; records carry no secrets, yet are masked again.

    Rows of pings are folded into one line, and a long conversation in its middle. `start`: when the
    scenario began, where its first record is not among them. The lines of records with `guilty`
    numbers are marked, and always shown; each ends with what is wrong with it, where that is known.
    """
    if not entries:
        return "Nothing happened.\n"
    if start is None:
        start = next((r.t for r in entries if isinstance(r, records.ScenarioStarted)), entries[0].t)
    lines = _folded((line for entry in entries for line in _lines(entry, guilty)), guilty)
    if not lines:
        return "No messages were exchanged.\n"
    seconds = max(len(f"{line.t - start:.3f}") for line in lines)
    names = max(len(line.who) for line in lines)
    text, last = [], -1
    for place in _shown([line.seq in guilty for line in lines]):
        line = lines[place]
        if place > last + 1:
            text.append(f"{'':{seconds}}  … {place - last - 1} lines omitted …")
        mark = (GUILTY if line.seq in guilty else OTHER) if guilty else ""
        told = f"{line.t - start:{seconds}.3f}  {line.who:{names}}  {line.arrow} {line.text()}"
        wrong = f"  [{note}]" if (note := guilty.get(line.seq)) else ""
        text.append(mark + told.rstrip() + wrong)
        last = place
    return mask("\n".join(text)) + "\n"


def _shown(guilty: Sequence[bool]) -> Iterable[int]:
    """The places of the lines that are shown: all, or beginning, end, and around guilty ones."""
    count, half = len(guilty), MOST_LINES // 2
    if count <= MOST_LINES:
        return range(count)
    places = {*range(half), *range(count - half, count)}
    for place, wrong in enumerate(guilty):
        if wrong:
            places.update(range(max(place - AROUND, 0), min(place + AROUND + 1, count)))
    return sorted(places)


def event_text(entry: records.Record) -> str:
    """One event on one line; empty for frames and for what no reader needs."""
    found = _event(entry, _who(entry))
    return mask(_short(found[1])) if found else ""


def _folded(lines: Iterable[TranscriptLine], guilty: Container[int]) -> list[TranscriptLine]:
    def alike(line: TranscriptLine) -> tuple[str, str]:
        return line.who, "" if line.seq in guilty else line.fold

    found = []
    for (who, fold), group in groupby(lines, key=alike):
        same = list(group)
        if fold and len(same) > 2:
            took = same[-1].t - same[0].t
            what = f"{len(same)} pings and pongs within {took:.1f} s"
            found.append(TranscriptLine(same[0].t, who, NOTE, partial(str, what)))
        else:
            found.extend(same)
    return found


def _lines(entry: records.Record, guilty: Container[int]) -> Iterator[TranscriptLine]:
    who = _who(entry)
    if isinstance(entry, records.Frame):
        yield from _frame(entry, who)
        return
    found = _event(entry, who)
    if found is None and isinstance(entry, records.Heartbeat) and entry.seq in guilty:
        found = NOTE, f"a ping from {who} is answered after {entry.took_ms:.0f} ms"
    if found is not None:
        arrow, what = found
        yield TranscriptLine(entry.t, who, arrow, partial(_short, what), seq=entry.seq)


def _who(entry: records.Record) -> str:
    return str(getattr(entry, "user", "")).rpartition("/")[2]


def _event(entry: records.Record, who: str) -> tuple[str, str] | None:
    """Arrow and text for everything but frames; None for what no reader needs."""
    return _connection(entry, who) or _reconnect(entry, who) or _service(entry, who)


def _connection(entry: records.Record, who: str) -> tuple[str, str] | None:
    match entry:
        case records.SignedIn():
            return _signed_in(entry, who)
        case records.PreludeCall():
            when = "before connecting" if entry.when == "before" else "when leaving"
            came = entry.detail or f"HTTP {entry.status}"
            return (NOTE if entry.ok else CUT), f"{who}, {when}: {entry.call}: {came}"
        case records.Connecting():
            means = f" with {entry.means}" if entry.means else ""
            return TO, f"{who} connects{means}{_expected(entry.expect)}"
        case records.Connected():
            leak = _leak(entry.mentions, who)
            return FROM, f"{who}'s connection is established in {entry.took_ms:.0f} ms{leak}"
        case records.Refused():
            return CUT, _refused(entry, who)
        case records.CanaryServerContacted():
            return CUT, f"the SSRF canary server of {who} received a request for {entry.what}"
        case records.AuthAnswer():
            return NOTE if entry.granted else CUT, _auth_answer(entry, who)
        case records.Closed():
            return _closed(entry, who)
        case records.Fault():
            return CUT, _fault(entry, who)
        case records.ProvokedClose() if not entry.done:
            return TO, f"{who} {entry.what}"
        case records.SlowHandshake():
            end = "cut" if entry.cut else "ended by the test"
            return NOTE, (
                f"{who}'s handshake, {entry.way}, is {end} after {entry.lasted_s:.1f} s and"
                f" {entry.sent} bytes"
            )
        case records.Fence(held=True, quiet=True):
            return NOTE, (
                f"nothing more came to {who} for a while, which is weaker than a round trip"
                f" ({entry.took_ms:.0f} ms)"
            )
        case records.Fence():
            return NOTE, (
                f"everything sent to {who} before this has arrived (checked in "
                f"{entry.took_ms:.0f} ms)"
                if entry.held
                else f"it is unknown whether everything sent to {who} has arrived"
            )
        case records.Heartbeat() if not entry.answered:
            return CUT, f"a ping from {who} is never answered"
        case records.DeadConnectionNoticed():
            return CUT, f"{who}'s app detects a dead connection after {entry.silent_s:.1f} s"
        case _:
            return None


def _reconnect(entry: records.Record, who: str) -> tuple[str, str] | None:
    match entry:
        case records.ReconnectScheduled():
            announced = f" ({entry.announced_s:g} s as announced by the service)" * bool(
                entry.announced_s
            )
            return NOTE, (
                f"{who}'s app will reconnect in {entry.pause_s:.2f} s{announced},"
                f" attempt {entry.attempt}: {entry.after}"
            )
        case records.FailedFast():
            return CUT, f"{who}'s app does not connect: its circuit breaker is open"
        case records.BreakerTransition():
            return NOTE, f"{who}'s circuit breaker is {entry.after}: {entry.reason}"
        case records.Reconnected():
            return NOTE, f"{who}'s app has reconnected, attempt {entry.attempts}"
        case records.ReconnectGaveUp():
            return CUT, f"{who}'s app gives up after {entry.attempts} attempts: {entry.reason}"
        case records.DuplicateDropped():
            return NOTE, f"{who} is not shown event {entry.position} again"
        case records.PoolAcquire():
            if entry.connection is None:
                return NOTE, f"{who} acquires a connection from the pool, and there is none"
            return NOTE, f"{who} acquires a pooled connection, idle for {entry.idle_s:.1f} s"
        case records.Queued():
            full = f"; {entry.refused} rejected, the queue is full" if entry.refused else ""
            return NOTE, f"{who} writes while offline, {entry.size} messages queued{full}"
        case _:
            return None


def _service(entry: records.Record, who: str) -> tuple[str, str] | None:
    match entry:
        case records.ScenarioStarted():
            load = " under load" if entry.under_load else ""
            return NOTE, f"scenario started: {entry.name}{load}"
        case records.ScenarioEnded():
            return NOTE, f"scenario ended: {entry.status}"
        case records.WaitTimedOut():
            return CUT, f"{who} gave up waiting for {entry.waited_for} after {entry.limit_s:g} s"
        case records.Health():
            return NOTE, _health(entry)
        case records.AnswerMentions():
            whose = sorted({mention.rpartition("/")[2] for mention in entry.mentions})
            return CUT, f"{entry.where} contains private data of {', '.join(whose)}"
        case records.Announcing():
            answer = f"HTTP {entry.status}" if entry.status else "no answer"
            return TO, f"{who} makes an announcement {entry.means}: {answer}"
        case records.TlsCertificate() | records.TlsOffer() | records.PlaintextAttempt():
            return NOTE, _encryption(entry)
        case records.Control():
            done = f" (done in {entry.took_ms / 1000:.2f} s)" if entry.done else " …"
            return NOTE, f"{_CONTROL.get(entry.action, entry.action)}{done}"
        case records.StepEnded(status="failed" | "error"):
            return CUT, f"step failed: {entry.text}"
        case records.HarnessError():
            return CUT, f"error in the test suite: {entry.what}"
        case _:
            return None


def _signed_in(entry: records.SignedIn, who: str) -> tuple[str, str]:
    if entry.ok:
        return NOTE, f"{who} is signed in ({entry.way})"
    return CUT, f"{who} could not sign in ({entry.way}): {entry.detail or 'no reason given'}"


def _auth_answer(entry: records.AuthAnswer, who: str) -> str:
    called = {"sign_up": "signs up", "sign_in": "signs in", "refresh": "refreshes a token"}
    means = f" with {entry.means}" if entry.means else ""
    answer = "granted" if entry.granted else "rejected"
    expected = _expected(entry.expect)
    return f"{who} {called.get(entry.call, entry.call)}{means}{expected}: {answer} ({entry.detail})"


def _expected(expect: str) -> str:
    return " (must be refused)" if expect == "refused" else ""


def _refused(entry: records.Refused, who: str) -> str:
    how = {
        "http": f"refused with HTTP {entry.status}",
        "close": f"accepted and closed again (code {entry.status})",
        "network": "not established: no answer from the network",
        "timeout": "not answered in time",
        "error": "refused by an error message",
        "silence": "refused by silence",
        "protocol": "refused: the answer was not a WebSocket handshake",
    }.get(entry.how, f"refused ({entry.how})")
    agreed = " (as the dialect specifies)" if entry.agreed else ""
    said = entry.detail if entry.detail not in ("", f"HTTP {entry.status}") else ""
    return f"{who}'s connection is {how}{agreed}" + (f": {said}" if said else "")


def _closed(entry: records.Closed, who: str) -> tuple[str, str]:
    code = f" (code {entry.code})" if entry.code is not None else ""
    reason = f": {entry.reason}" if entry.reason else ""
    if entry.by == "user":
        return TO, f"{who} disconnects{code}{reason}"
    if entry.by == "target":
        return FROM, f"the service closes {who}'s connection{code}{reason}"
    if entry.by == "fault":
        return CUT, f"{who}'s connection is cut, as planned{reason}"
    return CUT, f"{who}'s connection is lost without a close frame{reason}"


_CONTROL = {
    "stop": "the service is shut down gracefully",
    "start": "the service is started again",
    "kill": "the service is killed",
}


def _fault(entry: records.Fault, who: str) -> str:
    detail = f": {entry.detail}" if entry.detail else ""
    if entry.name == "cut":
        return f"{who}'s connection is cut{detail}"
    whose = f"{who}'s connection" if entry.user else "the network"
    return f"fault “{entry.name.replace('_', ' ')}” on {whose}{detail}"


def _health(entry: records.Health) -> str:
    if entry.http is None:
        return f"the health endpoint did not answer: {entry.detail or 'no reason given'}"
    state = "healthy" if entry.healthy else "unhealthy"
    return f"the health endpoint answers HTTP {entry.http}, {state}"


def _encryption(entry: records.TlsCertificate | records.TlsOffer | records.PlaintextAttempt) -> str:
    match entry:
        case records.TlsCertificate():
            days = f", {entry.days_left:.0f} days left" if entry.days_left is not None else ""
            shown = ", ".join(entry.problems) or f"a valid certificate{days}"
            return f"{entry.address} shows {shown}" if entry.reached else entry.detail
        case records.TlsOffer():
            answers = {True: "accepts", False: "refuses", None: "gave no answer about"}
            return f"{entry.address} {answers[entry.accepted]} {entry.version}"
        case records.PlaintextAttempt():
            return f"{entry.address} is asked without TLS for {entry.asked}: {entry.detail}"


def _leak(mentions: tuple[str, ...], who: str) -> str:
    held = [name for name in mentions if name.startswith(("canary:", "part:"))]
    secrets = {name.partition(":")[2].rpartition("/")[2] for name in held}
    whose = sorted(secrets - {who, who + EARLIER})
    return f"  [contains a secret of {', '.join(whose)}]" if whose else ""


def _frame(entry: records.Frame, who: str) -> Iterator[TranscriptLine]:
    arrow = TO if entry.direction == "sent" else FROM
    leak = _leak(entry.mentions, who)
    if not entry.facts:
        yield TranscriptLine(
            entry.t, who, arrow, partial(_message, entry, None, leak), "", entry.seq
        )
    for fact in entry.facts:
        fold = _PING if isinstance(fact, _PINGS) and not fact.problems else ""
        text = partial(_message, entry, fact, leak)
        yield TranscriptLine(entry.t, who, arrow, text, fold, entry.seq)


def _message(frame: records.Frame, fact: facts.Fact | None, leak: str) -> str:
    """What a message says in one of its facts; of one that says nothing known, its text."""
    if fact is None:
        return _short(frame.text or f"{frame.size} bytes") + leak
    problems = f"  [invalid: {'; '.join(fact.problems)}]" if fact.problems else ""
    return _short(fact_text(fact, frame)) + problems + leak


def _short(text: str) -> str:
    """On one line, without control characters, and not longer than a line may be.

    What is cut is masked before: half a secret would not be recognised any more.
    """
    # Of a long text only the beginning is looked at, and enough of it to know a secret by.
    line = mask(text[: MOST_CHARACTERS + LONGEST_SECRET]) if len(text) > MOST_CHARACTERS else text
    if not line.isprintable():
        line = "".join(c if c.isprintable() else " " for c in line)
    line = re.sub(" {3,}", "  ", line)
    more = len(text) - MOST_CHARACTERS
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}… ({more} more)"
