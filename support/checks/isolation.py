"""Did anybody receive what is somebody else's?

A frame betrays another user when it carries their canary, or part of it, anywhere, their user, run
or thread id anywhere, or an event whose own ids are theirs. Announcements carry no owner and are
exempt by contract; a canary inside one is a leak all the same.

In an HTTP answer (handshake, health, metrics, sign-in) canaries and e-mail addresses are leaks,
and short ids are not: they may stand there by chance. What anyone gets without a token must not
hold those of any user.

Threads may be counted for each user: an id that two users were given for their own questions is a
thread of both.

An id that the receiver has sent before may come back in an answer: who names it knows it already.
That excuses neither a secret nor an event of somebody else's. A secret that nobody in the run owns
is a leak, except to users who existed before it and whose earlier secrets are not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from heapq import merge

import msgspec

from support.checks.fences import missing_fence
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.journal import SECRETS, UNKNOWN_USERS, UNMISTAKABLE, History, records
from support.journal.facts import TERMINAL_EVENTS, Accepted, Event
from support.journal.unusual_names import UnusualNames

#: Who views what is sent without a token.
ANYONE = "anyone"
#: So many things of one person are named of one message.
MOST_NAMED = 3


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """`viewer` received, at `t` seconds, in record `seq`, `what` of `owner`.

    `after_s` is the same moment in seconds since its scenario began; `where`, the HTTP answer that
    it stood in, if it was one. The viewer is `ANYONE` where no token was needed.
    """

    viewer: str
    owner: str
    what: str
    t: float
    seq: int
    connection: str
    after_s: float = 0.0
    where: str = ""

    @property
    def across(self) -> bool:
        """True when the two are people of different scenarios."""
        scenario = self.viewer.rpartition("/")[0]
        return self.viewer != ANYONE and self.owner.rpartition("/")[0] != scenario

    @property
    def text(self) -> str:
        """The violation in a sentence."""
        return f"{self.short} ({self.after_s:.3f} s, record {self.seq})"

    @property
    def short(self) -> str:
        """Who received what of whom."""
        where = f" in {self.where}" if self.where else ""
        return f"{person(self.viewer)} received {self.what} of {self._owner()}{where}"

    def _owner(self) -> str:
        scenario, _, name = self.owner.rpartition("/")
        return f"{name} of another scenario ({scenario})" if scenario and self.across else name


_Received = records.Frame | records.Connected | records.AnswerMentions


def violations(history: History) -> Sequence[Violation]:
    """Everything that reached somebody it does not belong to, in order of arrival."""
    return history.answer(_violations)


def _violations(history: History) -> Sequence[Violation]:
    found: list[Violation] = []
    began = {r.scenario: r.t for r in history.of(records.ScenarioStarted)}
    named: dict[str, set[str]] = {}  # user → whose ids they have sent so far
    handshakes = history.of(records.Connected, lambda c: bool(c.mentions))
    answers = history.of(records.AnswerMentions)
    received: tuple[Iterable[_Received], ...] = (history.of(records.Frame), handshakes, answers)
    for frame in merge(*received, key=lambda record: record.seq):
        if isinstance(frame, records.Frame) and frame.direction == "sent":
            ids = (m for m in frame.mentions if not m.startswith(SECRETS))
            named.setdefault(frame.user, set()).update(ids)
            continue
        reported: set[tuple[str, str]] = set()
        for owner, what in _betrayals(history, frame, named.get(frame.user, set())):
            if (owner, what) not in reported:
                reported.add((owner, what))
                found.append(
                    Violation(
                        viewer=frame.user or ANYONE,
                        owner=owner,
                        what=what,
                        t=frame.t,
                        seq=frame.seq,
                        connection=frame.connection,
                        after_s=frame.t - began.get(frame.scenario, 0.0),
                        where=frame.where if isinstance(frame, records.AnswerMentions) else "",
                    )
                )
    return found


def by_message(found: Iterable[Violation]) -> list[Violation]:
    """One violation for each message and each person whose data it holds.

    It names up to three of the things that it holds of them.
    """
    together: dict[tuple[int, str], list[Violation]] = {}
    for violation in found:
        together.setdefault((violation.seq, violation.owner), []).append(violation)
    return [
        msgspec.structs.replace(same[0], what=", ".join([v.what for v in same[:MOST_NAMED]]))
        for same in together.values()
    ]


def tally(found: Iterable[Violation]) -> dict[str, Counter[str]]:
    """Leaked messages per connection, per pair of people, and in all (`{"all": {"all": n}}`).

    A message that holds data of several people counts once for each pair, and once in all.
    """
    result: dict[str, Counter[str]] = {"connection": Counter(), "pair": Counter(), "all": Counter()}
    counted: set[int] = set()
    for violation in by_message(found):
        result["pair"][f"{violation.owner} → {violation.viewer}"] += 1
        if violation.seq not in counted:
            counted.add(violation.seq)
            result["connection"][violation.connection] += 1
            result["all"]["all"] += 1
    return result


@check("no user received another user's data", needs="own_identity")
def nothing_leaked(history: History) -> Finding:
    """No frame of the history betrays another user, and no HTTP answer their secret or address.

    Without any frame: unknown.
    """
    received = history.of(records.Frame, lambda f: f.direction == "received")
    if not received:
        return unknown("nothing was received by anybody")
    return _judged(violations(history), f"{len(received)} frames, all with their owner")


@check("each user received their own events, and nothing of the others", needs="own_identity")
def events_isolated(history: History, users: Sequence[str]) -> Finding:
    """As `nothing_leaked`, with its positive controls and fences for these people.

    Each must have received their own secret back, and must have held a fence after the end of
    everybody else's runs: only then does silence prove anything.
    """
    found = violations(history)
    if found:
        return _judged(found, "")
    if len(set(users)) < 2:
        return unknown("at least two users are needed to prove it")
    ends = _last_ends(history)
    for user in users:
        own = [
            f
            for f in history.of(records.Frame, lambda f, u=user: f.user == u)  # type: ignore[misc]
            if f.direction == "received" and f"canary:{user}" in f.mentions
        ]
        if not own:
            return unknown(f"{person(user)} never received their own secret back")
        missing = missing_fence(history, user, {u: ends.get(u) for u in users if u != user})
        if missing:
            return unknown(missing)
    return passed(
        f"{len(users)} users, each received only their own events; round trips afterwards answered"
    )


@check("{viewer} has received nothing of {owner}'s", needs="own_identity")
def received_nothing_of(history: History, viewer: str, owner: str) -> Finding:
    """As `private`, for one who watches and one who is at work."""
    found = violations(history)
    if found:
        return _judged(found, "")
    if not history.facts(Event, user=owner):
        return unknown(f"{person(owner)} did nothing that could have been seen")
    missing = missing_fence(history, viewer, {owner: _last_ends(history).get(owner)})
    if missing:
        return unknown(missing)
    return passed("nothing, and a round trip afterwards was answered")


def _judged(found: Sequence[Violation], summary: str) -> Finding:
    if not found:
        return passed(summary)
    messages = len({violation.seq for violation in found})
    return failed(
        f"{messages:,} message{'s' * (messages > 1)} leaked; {found[0].text}",
        expected=("to everybody their own events, and nothing else",),
        seen=tuple(v.text for v in by_message(found)[:8]),
        records=tuple(dict.fromkeys(v.seq for v in found))[:50],
    )


def _betrayals(history: History, frame: _Received, named: set[str]) -> Iterable[tuple[str, str]]:
    own = f"thread:{frame.user}"
    threads_told = any(m.startswith("thread:") and m != own for m in frame.mentions)
    expected = named | _shared_threads(history, frame) if threads_told else named
    for mention in frame.mentions:
        kind, owner = mention.split(":", 1)
        if not (isinstance(frame, records.Frame) or mention.startswith(UNMISTAKABLE)):
            continue  # short ids stand by chance among a server's own headers
        if owner in UNKNOWN_USERS and frame.user in history.with_unknown_past:
            continue  # a secret of an earlier run may be their own
        if mention not in expected and not history.are_one_person(owner, frame.user):
            yield owner, _WHAT.get(kind, f"the {kind} id")
    if not isinstance(frame, records.Frame):
        return
    for fact in frame.facts:
        if isinstance(fact, Event):
            yield from _event_betrayals(history, frame, fact, named)


def _shared_threads(history: History, frame: _Received) -> set[str]:
    """Mentions of those who were given a thread of this frame, until the viewer is given it, too.

    From then on the id is known as that of both, and is no mention. Who was given it in another
    scenario is not in this history: until then they count as sharing it. Where the kept text does
    not show which thread of a person is meant, it may be the one that they share.
    """
    if not isinstance(frame, records.Frame):
        return set()
    threads, known = history.threads, history.answer(_threads_known)
    given = {
        thread
        for thread in history.answer(_threads_of).get(frame.user, ())
        if known.get((frame.user, thread), frame.seq) >= frame.seq
    }
    if not given:
        return set()
    shown = {f.thread_id for f in frame.facts if isinstance(f, Accepted | Event)}
    shown |= _threads_in(frame.text, history)
    mentions = {m for m in frame.mentions if m.startswith("thread:")}
    visible = _users_of(threads, shown)
    excused = {f"thread:{user}" for user in _users_of(threads, given) - visible} & mentions
    sharing = _users_of(threads, given & shown)
    if sharing:
        excused |= mentions - {f"thread:{user}" for user in _users_of(threads, threads) - sharing}
    return excused


def _users_of(threads: Mapping[str, Set[str]], chosen: Iterable[str | None]) -> set[str]:
    """Everybody who was given one of the chosen threads."""
    return {user for thread in chosen for user in threads.get(thread or "", ())}


def _threads_in(text: str, history: History) -> set[str]:
    """The threads that stand in a text, which may be of a kind that the suite ignores."""
    names, spelled = history.answer(_thread_names)
    return {thread for name in names.found_in(text.lower()) for thread in spelled[name]}


def _thread_names(history: History) -> tuple[UnusualNames, dict[str, list[str]]]:
    """What finds the threads of a history in a text, and name in small letters → these threads."""
    names, spelled = UnusualNames(), dict[str, list[str]]()
    for thread in history.threads:
        names.add(thread)
        spelled.setdefault(thread.lower(), []).append(thread)
    return names, spelled


def _threads_of(history: History) -> dict[str, list[str]]:
    """User → the threads that they were given."""
    found: dict[str, list[str]] = {}
    for thread, users in history.threads.items():
        for user in users:
            found.setdefault(user, []).append(thread)
    return found


def _threads_known(history: History) -> dict[tuple[str, str | None], int]:
    """User and thread → the number of the record by which they were given it first."""
    known: dict[tuple[str, str | None], int] = {}
    for seen in history.facts(Accepted):
        known.setdefault((seen.frame.user, seen.fact.thread_id), seen.frame.seq)
    return known


def _event_betrayals(
    history: History, frame: records.Frame, event: Event, named: set[str]
) -> Iterable[tuple[str, str]]:
    own_id = history.identities.get(frame.user)
    if event.user_id is not None and own_id is not None and event.user_id != own_id:
        known = [u for u, user_id in history.identities.items() if user_id == event.user_id]
        yield (known[0] if known else "somebody unknown"), f"{event.type}"
    for ids, key, what in (
        (history.runs, event.run_id, "run"),
        (history.threads, event.thread_id, "thread"),
    ):
        owners = sorted(ids.get(key or "", ()))
        if what == "thread" and any(f"thread:{owner}" in named for owner in owners):
            continue  # named so by the viewer, it may be their own; the user id above tells
        if owners and not any(history.are_one_person(o, frame.user) for o in owners):
            yield owners[0], f"{event.type} of a {what}"
    told = sorted(history.turns.get(event.run_id or "", ()))
    others = [user for user in told if not history.are_one_person(user, frame.user)]
    if others:
        yield others[0], f"{event.type} of a run that the service started"


def _last_ends(history: History) -> dict[str, float]:
    """User → when the last end of a run reached them."""
    return {s.frame.user: s.frame.t for s in history.facts(Event) if s.fact.type in TERMINAL_EVENTS}


_WHAT = {"canary": "the secret", "part": "part of the secret", "email": "the e-mail address"}
