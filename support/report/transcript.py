"""The conversation of one scenario as text a person can read from top to bottom.

One line an event: seconds since the scenario started, who, direction, and what. `→` is sent to the
service, `←` is received from it, `×` failed or was cut, `·` is a remark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from support.journal import EARLIER, facts, records
from support.report.formatting import mask

TO, FROM, CUT, NOTE = "→", "←", "×", "·"
MOST_LINES = 240
MOST_CHARACTERS = 160
LONGEST_SECRET = 4096  # characters; tokens are the longest there are
_PING = "ping"


class TranscriptLine(NamedTuple):
    """One event. `fold` marks those that are folded when they come in a row."""

    t: float
    who: str
    arrow: str
    what: str
    fold: str = ""


def transcript(entries: Sequence[records.Record]) -> str:
    """The records of one scenario as aligned text; records carry no secrets, yet are masked again.

    Rows of pings are folded into one line, and a long conversation in its middle.
    """
    if not entries:
        return "Nothing happened.\n"
    start = next((r.t for r in entries if isinstance(r, records.ScenarioStarted)), entries[0].t)
    lines = _folded(line for entry in entries for line in _lines(entry))
    if not lines:
        return "No messages were exchanged.\n"
    left_out = len(lines) - MOST_LINES
    seconds = max(len(f"{line.t - start:.3f}") for line in lines)
    names = max(len(line.who) for line in lines)
    text = [
        f"{line.t - start:{seconds}.3f}  {line.who:{names}}  {line.arrow} {line.what}".rstrip()
        for line in lines
    ]
    if left_out > 0:
        half = MOST_LINES // 2
        text[half : half + left_out] = [f"{'':{seconds}}  … {left_out} lines omitted …"]
    return "\n".join(text) + "\n"


def event_text(entry: records.Record) -> str:
    """One event on one line; empty for frames and for what no reader needs."""
    found = _event(entry, _who(entry))
    return _short(found[1]) if found else ""


def _folded(lines: Iterable[TranscriptLine]) -> list[TranscriptLine]:
    found = []
    for (who, fold), group in groupby(lines, key=lambda line: (line.who, line.fold)):
        same = list(group)
        if fold and len(same) > 2:
            took = same[-1].t - same[0].t
            what = f"{len(same)} pings and pongs within {took:.1f} s"
            found.append(TranscriptLine(same[0].t, who, NOTE, what))
        else:
            found.extend(same)
    return found


def _lines(entry: records.Record) -> Iterator[TranscriptLine]:
    who = _who(entry)
    if isinstance(entry, records.Frame):
        yield from _frame(entry, who)
        return
    found = _event(entry, who)
    if found is not None:
        arrow, what = found
        yield TranscriptLine(entry.t, who, arrow, _short(what))


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
            return FROM, f"{who}'s connection is established in {entry.took_ms:.0f} ms"
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
        case records.Announcing():
            answer = f"HTTP {entry.status}" if entry.status else "no answer"
            return TO, f"{who} makes an announcement {entry.means}: {answer}"
        case records.TlsCertificate() | records.TlsOffer() | records.PlaintextAttempt():
            return NOTE, _encryption(entry)
        case records.Control():
            done = f" (done in {entry.took_ms / 1000:.2f} s)" if entry.done else " …"
            return NOTE, f"{_CONTROL.get(entry.action, entry.action)}{done}"
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
        "protocol": "refused: the answer was not a WebSocket handshake",
    }.get(entry.how, f"refused ({entry.how})")
    agreed = " (as the dialect specifies)" if entry.agreed else ""
    return f"{who}'s connection is {how}{agreed}" + (f": {entry.detail}" if entry.detail else "")


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


def _frame(entry: records.Frame, who: str) -> Iterator[TranscriptLine]:
    arrow = TO if entry.direction == "sent" else FROM
    held = [name for name in entry.mentions if name.startswith(("canary:", "part:"))]
    secrets = {name.rpartition("/")[2] for name in held}
    whose = sorted(secrets - {who, who + EARLIER})
    leak = f"  [contains a secret of {', '.join(whose)}]" if whose else ""
    if not entry.facts:
        yield TranscriptLine(
            entry.t, who, arrow, _short(f"{entry.text or f'{entry.size} bytes'}") + leak
        )
    for fact in entry.facts:
        problems = f"  [invalid: {'; '.join(fact.problems)}]" if fact.problems else ""
        fold = _PING if isinstance(fact, facts.Pinged | facts.Pong) and not problems else ""
        yield TranscriptLine(
            entry.t, who, arrow, _short(_fact(fact, entry)) + problems + leak, fold
        )


def _fact(fact: facts.Fact, frame: records.Frame) -> str:
    """One fact as text."""
    match fact:
        case facts.Event():
            place = f"  no. {fact.position}" if fact.position is not None else ""
            return f"{fact.type}  {_run(fact.run_id)}{place}  {_data(fact.data)}".rstrip()
        case facts.Asked():
            return f"asks (request {_id(fact.request_id)}): {_question(frame.text)}"
        case facts.Accepted():
            again = ", as before" if fact.duplicate else ""
            return f"the request is accepted{again}  {_run(fact.run_id)}".rstrip()
        case facts.Ready():
            return f"the service greets {_id(fact.user_id or 'the user')}"
        case facts.Announcement():
            return f"announcement to everyone: {fact.message}"
        case facts.Subscribing():
            after = "from now on" if fact.after is None else f"after no. {fact.after}"
            return f"subscribes {after}"
        case facts.Subscribed():
            return _subscribed(fact)
        case facts.Pinged():
            return "ping"
        case facts.Pong():
            return "pong"
        case facts.MalformedSent():
            return f"sends {fact.what}"
        case facts.Rejected():
            why = ": ".join(part for part in (fact.code, fact.message) if part)
            return f"the request is rejected: {why or 'no reason given'}"
        case facts.Closing():
            back = f", retry after {fact.retry_after_s:g} s" if fact.retry_after_s else ""
            return f"the service announces its shutdown ({fact.reason or 'no reason'}){back}"
        case facts.IdentityClaimed():
            return f"and claims another identity in “{fact.where}”"
        case facts.AccessAttempted():
            return f"tries to access {fact.whose or f'a {fact.what} that does not exist'}"
        case facts.Ignored():
            return f"{fact.type or 'a message'} (ignored)"
        case facts.Unreadable():
            return f"unreadable: {fact.why}"
        case _:
            return type(fact).__name__


def _subscribed(fact: facts.Subscribed) -> str:
    if fact.recovered is None:
        return "is subscribed from now on"
    if not fact.recovered:
        return f"cannot resume, missed events are gone: {fact.reason or 'no reason given'}"
    if not fact.count:
        return "resumes, nothing was missed"
    return f"resumes with {fact.count} missed events, no. {fact.first} to {fact.last}"


def _run(run_id: str | None) -> str:
    return f"run {_id(run_id)}" if run_id else ""


def _id(identifier: str) -> str:
    """Enough of an id to tell it from the others of one scenario."""
    return identifier if len(identifier) <= 12 else f"{identifier[:10]}…"


def _data(data: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
    )


def _question(text: str) -> str:
    """The longest text in a request: what was asked, whatever the dialect calls it."""
    try:
        found = max(_texts(json.loads(text)), key=len, default="")
    except (ValueError, RecursionError):
        return text
    return found or text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _short(text: str) -> str:
    """On one line, without control characters, and not longer than a line may be."""
    # Of a long text only the beginning is looked at, and enough of it to know a secret by.
    looked_at = mask(text[: MOST_CHARACTERS + LONGEST_SECRET])
    line = re.sub(" {3,}", "  ", "".join(c if c.isprintable() else " " for c in looked_at))
    more = len(text) - MOST_CHARACTERS
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}… ({more} more)"
