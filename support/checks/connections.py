"""Who can connect, how fast, who is refused, and does disconnecting work?"""

from __future__ import annotations

from collections.abc import Sequence

from support.checks.connection_ends import early_s, time_was_up, was_announced
from support.checks.counts import several
from support.checks.finding import Finding, check, failed, passed, person, unknown
from support.journal import ConnectionHistory, History, records
from support.journal.announced import impossible
from support.journal.facts import (
    ADMITS_NOBODY,
    Challenge,
    MalformedSent,
    Pinged,
    Ready,
    Rejected,
    TurnedAway,
)
from support.measures.connections import connect_s
from support.measures.lag import lag_ms

#: What stands for a close frame without a code (RFC 6455 7.1.5).
NO_CODE = 1005


@check("{user} is admitted")
def admitted(history: History, user: str) -> Finding:
    """The user's newest connection was greeted, and is the user's own."""
    signed_in = history.of(records.SignedIn, lambda r: r.user == user)
    if signed_in and not signed_in[-1].ok:
        return failed(f"no token was issued: {signed_in[-1].detail}")
    tried = [c for c in history.connections_of(user) if c.connecting.expect == "admitted"]
    if not tried:
        return _never_tried(history, user)
    return _let_in(history, tried[-1])


def _never_tried(history: History, user: str) -> Finding:
    """Why there was no handshake: a call that has to come first may have failed."""
    calls = history.of(records.PreludeCall, lambda r: r.user == user and r.when == "before")
    if calls and not calls[-1].ok:
        last = calls[-1]
        return failed(
            f"{last.call}, which comes before connecting, failed: {last.detail}",
            records=(last.seq,),
        )
    return unknown("the user never tried")


@check("{user}'s connection is established within {limit_s:g} s")
def established_within(history: History, user: str, limit_s: float) -> Finding:
    """From the first byte of the handshake to the greeting, on the user's newest connection."""
    tried = [c for c in history.connections_of(user) if c.connecting.expect == "admitted"]
    if not tried:
        return _never_tried(history, user)
    story = tried[-1]
    inside = _let_in(history, story)
    took_s = connect_s(story)
    if not inside.ok or story.ready is None or took_s is None:
        return inside
    if took_s > limit_s:
        return failed(
            f"it took {took_s:.2f} s",
            expected=(f"at most {limit_s:g} s",),
            seen=(f"{took_s:.2f} s",),
            records=(story.connecting.seq, story.ready.frame.seq),
        )
    return passed(f"it took {took_s * 1000:.0f} ms")


@check("{user} disconnects, and the close handshake completes")
def closed_cleanly(history: History, user: str) -> Finding:
    """The user closed normally and the deployment answered with a close frame (RFC 6455 7.1.2).

    The answer repeats the code or has none: it "typically echos" it (5.5.1).
    """
    stories = [c for c in history.connections_of(user) if c.ready is not None]
    if not stories or stories[-1].closed is None:
        return unknown("the user was never there, or has not left")
    closed = stories[-1].closed
    if closed.by == "user" and closed.code in (1000, NO_CODE):
        return passed("closed normally", records=(closed.seq,))
    return failed(
        closed.reason
        or f"the connection was ended by the {closed.ended_by}, with code {closed.code}",
        expected=("a close frame answered by a close frame",),
        seen=(f"ended by the {closed.ended_by}, code {closed.code or 'none'}",),
        records=(closed.seq,),
    )


@check("{client} is rejected and receives nothing")
def handshake_refused(history: History, client: str, victims: Sequence[str] = ()) -> Finding:
    """Every handshake of this client was refused in the agreed way, without a single message.

    Nor may the deployment have come to an address that only stood in the client's token.
    Where a victim tried a token in order that was made the same way, that one must have let them
    in: else the refusal proves nothing.
    """
    for story in (c for victim in victims for c in history.connections_of(victim)):
        if story.connecting.means and story.connecting.expect == "admitted" and not story.ready:
            return unknown(f"even {story.connecting.means}, was refused")
    tries = [c for c in history.connections_of(client) if c.connecting.expect == "refused"]
    if not tries:
        return unknown("no attempt was made")
    for story in tries:
        means = story.connecting.means
        numbers = tuple(f.seq for f in story.frames) or (story.connecting.seq,)
        received = [f for f in story.frames if f.direction == "received" and not _refusal(f, story)]
        if received:
            return failed(
                f"with {means} a client received: {_first_words(received)}",
                expected=("a refusal, and not one message",),
                seen=(several(len(received), "message"),),
                records=numbers,
            )
        if story.refused is None:
            return failed(f"with {means} a client was admitted", records=numbers)
        slower = _slower_answer(history, story.refused)
        if slower:
            return unknown(slower)
        contacts = history.of(records.CanaryServerContacted, lambda r: r.user == client)
        if contacts:
            return failed(
                f"with {means} a client made the service fetch {contacts[0].what}",
                expected=("a refusal, and nothing fetched",),
                seen=tuple(f"{c.what} was fetched" for c in contacts[:5]),
                records=tuple(c.seq for c in contacts),
            )
        if not story.refused.agreed:
            return failed(
                f"with {means} a client was not refused as documented: {story.refused.detail}",
                expected=("the refusal this kind of backend is known by",),
                seen=(story.refused.detail,),
                records=(story.refused.seq,),
            )
    return passed(f"{len(tries)} attempts, all refused")


@check("the service reports itself healthy, and {user} can connect")
def health_agrees(history: History, user: str) -> Finding:
    """Healthy by the newest answer, and the user's newest connection was admitted: a service that
    says truly that it is down is none to approve."""
    answers = history.of(records.Health)
    tried = [c for c in history.connections_of(user) if c.connecting.expect == "admitted"]
    if not answers or not tried:
        return unknown("health was not checked, or nobody tried to connect")
    health, inside = answers[-1], _let_in(history, tried[-1])
    healthy = health.http == 200 and health.healthy
    said = "healthy" if healthy else f"not healthy ({health.http or health.detail})"
    if healthy and inside.ok:
        return passed("healthy, and users can connect", records=(health.seq,))
    met = "users can connect" if inside.ok else f"users cannot connect: {inside.summary}"
    return failed(
        f"the service calls itself {said}, and {met}",
        expected=("healthy, and users can connect",),
        seen=(said, met),
        records=(health.seq,),
    )


@check("{user} was not affected")
def unaffected(history: History, user: str) -> Finding:
    """One connection from first to last, no error, and a fence after what others have done.

    One whose time was up is followed by the next.
    """
    connections = [c for c in history.connections_of(user) if not time_was_up(c)]
    if not connections or connections[-1].ready is None:
        return unknown("the user was never there")
    if len(connections) > 1 or connections[0].closed is not None:
        return failed("the connection was lost", expected=("one connection",))
    errors = connections[0].facts(Rejected)
    if errors:
        return failed(f"an error came: {errors[0].fact.code}")
    done = [f for f in history.of(records.Frame) if f.user != user and f.direction == "sent"]
    last = max((f.seq for f in done if not isinstance(f.facts[0], Pinged)), default=0)
    if not [f for f in history.of(records.Fence) if f.user == user and f.held and f.seq > last]:
        return unknown("no round trip proved that the connection was still open")
    return passed("one connection, no error")


@check("the service frees {count} connections that were opened and abandoned")
def connections_freed(history: History, count: int, strangers: int = 0) -> Finding:
    """The deployment's own gauge is back where it was; `strangers` may have come or gone meanwhile.

    It was higher while the last of them were open: one that does not count them, or is brought up
    to date late, shows nothing.
    """
    gauge = history.of(records.Sample, lambda s: s.name == "target_connections")
    opened = [c for c in history.connections.values() if c.ready is not None and c.closed]
    cuts = [c for c in opened if c.closed is not None and c.closed.by == "fault"]
    if len(gauge) < 2 or len(opened) < count or not cuts:
        return unknown(f"{len(opened)} connections, {len(gauge)} looks at the gauge")
    before, after = gauge[0].value, gauge[-1].value
    text = f"{before:.0f} before, {after:.0f} after {len(opened)} connections"
    least = min(sample.value for sample in gauge)
    if least < 0:
        text = f"{least:.0f} open connections were counted"
        return failed(text, expected=("0 or more",), seen=(text,))
    if after > before + strangers:
        return failed(text, expected=(f"at most {before + strangers:.0f}",), seen=(text,))
    most = max((sample.value for sample in gauge[1:-1]), default=after)
    if most <= after and not strangers:
        return unknown(
            f"the count did not rise while connections were open ({most:.0f} at most, {after:.0f}"
            " after they had ended), so nothing was proven; a count that is up to date only after"
            " more than 10 s is left out by a dialect without `connections_metric`"
        )
    return passed(text)


def broken_off(history: History) -> list[tuple[ConnectionHistory, str]]:
    """Connections the deployment ended by itself, unannounced and without a fault of ours."""
    return [(s, why) for s, why in ended_by_deployment(history) if not silent_ms(history, s)]


def silent_ms(history: History, story: ConnectionHistory) -> float:
    """By how many ms the test machine was late, where its heartbeats may have been missed for it.

    0 where they were not: a machine that is late by half a heartbeat interval answers too late.
    """
    heartbeat_s = story.ready.fact.heartbeat_s if story.ready else None
    if not heartbeat_s or story.closed is None:
        return 0.0
    late_ms = lag_ms(history, story.closed.t - 2 * heartbeat_s, story.closed.t)
    return late_ms if late_ms >= heartbeat_s * 1000 / 2 else 0.0


def ended_by_deployment(history: History) -> list[tuple[ConnectionHistory, str]]:
    """Those of `broken_off`, and those ended while the test machine may have missed heartbeats."""
    found = []
    harmed = {f.connection for f in history.of(records.Fault)}
    killed = history.of(records.Control, lambda c: c.action == "kill")
    if "" in harmed or killed:
        return []  # something was done to the network or the service itself, and so to anybody
    stops = [c.seq for c in history.of(records.Control) if c.unannounced and c.part == "chat"]
    for story in history.connections.values():
        closed = story.closed
        if closed is None or story.ready is None or story.connecting.expect == "refused":
            continue
        early = early_s(story)
        expected = (
            was_announced(story) or time_was_up(story) or _provoked(story) or story.id in harmed
        )
        # Where restarts are not announced, the close is all that a stop of ours is told by.
        expected |= any(story.ready.frame.seq < stop < closed.seq for stop in stops)
        if closed.by in ("target", "network") and not expected:
            why = closed.reason or f"closed by the {closed.ended_by} ({closed.code})"
            found.append((story, f"{early:.1f} s before the announced end" if early else why))
        elif (
            closed.by == "user"
            and closed.code is None
            and closed.reason.startswith("the deployment")
        ):
            found.append((story, closed.reason))
    return found


def _provoked(story: ConnectionHistory) -> bool:
    """True when the user did something that the deployment may answer with this very close."""
    closed, provoking = story.closed, story.provoking
    if closed is not None and provoking is not None:
        bare = provoking.bare and closed.by == "network"
        if bare or closed.code in provoking.close:
            return True
    sent = [f for f in story.frames if f.direction == "sent"]
    malformed = [fact for f in sent for fact in f.facts if isinstance(fact, MalformedSent)]
    if closed is not None and closed.by == "network" and any(fact.drop for fact in malformed):
        return True
    codes = {code for fact in malformed for code in fact.close}
    expiring = story.connecting.token_ends is not None  # `closed_at_token_expiry` judges how
    if any(map(story.too_long, sent)) or expiring:
        return True
    return closed is not None and closed.code in codes


def _let_in(history: History, story: ConnectionHistory) -> Finding:
    if story.refused is not None:
        return failed(
            f"refused: {story.refused.detail or story.refused.how}",
            expected=("a valid token is admitted",),
            seen=(story.refused.detail or story.refused.how,),
            records=(story.refused.seq,),
        )
    if story.ready is None:
        said = "the connection opened, but the deployment never greeted"
        return failed(said, records=(story.connecting.seq,))
    problems = _greeting_problems(history, story)
    if problems:
        return failed(problems[0], records=(story.ready.frame.seq,))
    return passed("admitted", records=(story.ready.frame.seq,))


def _greeting_problems(history: History, story: ConnectionHistory) -> list[str]:
    if story.ready is None:
        return []
    greeting: Ready = story.ready.fact
    own = history.identities.get(story.user)
    problems = [f"the greeting is wrong: {p}" for p in greeting.problems]
    problems += [f"the greeting announces an impossible {p}" for p in impossible(greeting).values()]
    if story.connected is not None and not story.connected.agreed:
        problems.append(f"the deployment selected the subprotocol {story.connected.subprotocol}")
    if own is not None and greeting.user_id is not None and greeting.user_id != own:
        problems.append("the deployment greeted somebody else")
    return problems


def _first_words(received: Sequence[records.Frame]) -> str:
    return received[0].text[:80] if received else ""


def _refusal(frame: records.Frame, story: ConnectionHistory) -> bool:
    """True for a frame that refuses, or asks everyone who they are, and says nothing more.

    Where the connection stays open after a refusal, also for what is of no interest to anybody.
    """
    others = [f for f in frame.facts if not isinstance(f, ADMITS_NOBODY)]
    told = any(isinstance(fact, TurnedAway | Challenge) for fact in frame.facts)
    stays = story.refused is not None and story.refused.how in ("error", "silence")
    return not others and (told or (stays and bool(frame.facts)))


def _slower_answer(history: History, refused: records.Refused) -> str:
    """Why silence was no refusal: somebody else was answered later than it lasted."""
    if refused.how != "silence":
        return ""
    for story in history.connections.values():
        took_s = connect_s(story) if story.connecting.expect == "admitted" else None
        if took_s is not None and took_s * 1000 > refused.took_ms:
            waited = f"{refused.took_ms / 1000:.1f} s of silence prove nothing"
            return f"{waited}: {person(story.user)} was greeted after {took_s:.1f} s"
    return ""
