"""Who is let in and who is not: the cause of everything that needs a connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from support.approval.causes.sighting import Sighting, Where, detector
from support.approval.evidence import Evidence
from support.approval.words import capital, several
from support.checks.isolation import violations
from support.journal import ConnectionHistory, History, records
from support.journal.facts import ADMITS_NOBODY, Announcement, Rejected, Unreadable
from support.measures.connections import to_be_admitted

#: Of all valid attempts: so many, and nobody can use the service.
ALMOST_ALL = 0.9
#: In so many scenarios a refusal is no matter of one of them.
SEVERAL_SCENARIOS = 3
#: So many users refused, and others admitted, in one scenario: it refuses every so often.
SEVERAL_USERS = 3
#: So many refreshes must have failed, and such a share of all, to say that tokens cannot be.
LEAST_REFRESHES = 3
MOST = 0.5
TOKEN_REFUSED = 401
#: In so many scenarios a user with a refreshed token must have been refused, and no one admitted.
LEAST_REFRESHED = 2
#: The HTTP statuses of what was accepted.
SUCCESS = range(200, 300)
#: The flaw of a connection that is merely one too many.
OWN = "room"


@detector
def sign_ins_failed(evidence: Evidence) -> Iterator[Sighting]:
    """Nearly nobody can sign in."""
    tried = evidence.history.of(records.SignedIn)
    failed = [r for r in tried if not r.ok]
    if not failed or len(failed) < ALMOST_ALL * len(tried):
        return
    why = failed[0].detail or "no answer"
    text = f"Users cannot sign in: {why} ({len(failed)} of {several(len(tried), 'sign-in')})"
    where = _grouped((r.scenario, r.seq) for r in failed)
    yield Sighting("sign_in_failed", "loss", text, where, specific=9, blocking=True)


@detector
def preparations_failed(evidence: Evidence) -> Iterator[Sighting]:
    """A call that a dialect makes before it connects fails: nearly always, or every so often."""
    made = evidence.history.of(records.PreludeCall, lambda call: call.when == "before")
    failed = [call for call in made if not call.ok]
    where = _grouped((r.scenario, r.seq) for r in failed)
    if len(where) < SEVERAL_SCENARIOS:
        return
    (call, why), _ = Counter((r.call, r.detail) for r in failed).most_common(1)[0]
    always = len(failed) >= ALMOST_ALL * sum(r.call == call for r in made)
    who = "Users cannot" if always else "Users sometimes cannot"
    share = f"{len(failed):,} of {several(len(made), 'call')}"
    text = f"{who} connect: {call}, which comes before connecting, fails: {why} ({share})"
    code = "preparation_failed" if always else "preparation_sometimes_failed"
    yield Sighting(code, "loss", text, where, call, specific=9, blocking=True)


@detector
def valid_users_refused(evidence: Evidence) -> Iterator[Sighting]:
    """Connection attempts with tokens in order are refused: all of them, or every so often.

    Often: in several scenarios, or in one that admitted others like them. Where attackers were
    refused in the same way, and not as documented, that is why.
    """
    tried = to_be_admitted(evidence.history)
    refused = [c for c in tried if c.refused is not None and c.refused.how in ("http", "close")]
    if not refused:
        return
    kinds = Counter((r.how, r.status, r.detail) for c in refused if (r := c.refused))
    kind, _ = kinds.most_common(1)[0]
    how, status, detail = kind
    where = _grouped(
        (c.connecting.scenario, c.refused.seq) for c in refused if c.refused is not None
    )
    if len(refused) < ALMOST_ALL * len(tried):
        some = any(map(_only_some, evidence.scenarios.values()))
        if some or len(where) >= SEVERAL_SCENARIOS:
            share = f"{len(refused):,} of {several(len(tried), 'attempt')}"
            text = f"Valid users are sometimes refused: {detail} ({share})"
            also = _refused_like_users(evidence, kind)
            code, where, specific = "some_users_refused", {**also, **where}, 8 if some else 5
            yield Sighting(code, "loss", text, where, detail, specific, attacks=frozenset(also))
        return
    if (how, status) == ("http", TOKEN_REFUSED):
        code = "issued_tokens_refused"
        text = (
            f"Tokens that were just issued are refused ({detail}):"
            " the sign-in service and the chat do not share the signing secret"
        )
    else:
        code, text = "valid_users_refused", f"Valid users cannot connect: {detail}"
    yield Sighting(code, "loss", text, where, detail, specific=9, blocking=True)


def _only_some(part: History) -> bool:
    """True where several users were refused and others, who tried the same way, were admitted."""
    tried = to_be_admitted(part)
    admitted = {c.connecting.means for c in tried if c.ready is not None}
    refused = {c.user for c in tried if c.refused is not None and c.connecting.means in admitted}
    return len(refused) >= SEVERAL_USERS


def _refused_like_users(evidence: Evidence, kind: tuple[str, int | None, str]) -> Where:
    """Where clients that must be refused were: not as documented, but in that way of users."""
    stories = (
        (story, story.refused)
        for story in evidence.history.connections.values()
        if story.connecting.expect == "refused" and story.refused is not None
    )
    return _grouped(
        (story.connecting.scenario, refused.seq)
        for story, refused in stories
        if not refused.agreed and (refused.how, refused.status, refused.detail) == kind
    )


@detector
def refreshed_tokens_refused(evidence: Evidence) -> Iterator[Sighting]:
    """Users connect with the tokens of their sign-in, and with refreshed ones nobody can."""
    tried = [
        (story, story.user in refreshed and story.connecting.seq > refreshed[story.user])
        for part in evidence.scenarios.values()
        for refreshed in [_first_refreshes(part)]
        for story in to_be_admitted(part)
    ]
    before = [c.ready is not None for c, again in tried if not again]
    after = [c.refused for c, again in tried if again]
    refused = [r for r in after if r is not None and r.how in ("http", "close")]
    where = _grouped((r.scenario, r.seq) for r in refused)
    if len(where) < LEAST_REFRESHED or len(refused) < len(after):
        return
    if not before or sum(before) < ALMOST_ALL * len(before):
        return
    why, share = refused[0].detail, f"{len(refused)} of {several(len(after), 'attempt')}"
    text = f"Refreshed tokens are refused: {why} ({share})"
    yield Sighting("refreshed_tokens_refused", "loss", text, where, why, specific=9)


def _first_refreshes(part: History) -> dict[str, int]:
    """User → the record of the first refresh that was granted."""
    answers = part.of(records.AuthAnswer, lambda a: (a.call, a.granted) == ("refresh", True))
    return {a.user: a.seq for a in reversed(answers) if a.expect == "granted"}


@detector
def refreshes_failed(evidence: Evidence) -> Iterator[Sighting]:
    """Most tokens cannot be refreshed."""
    tried = evidence.history.of(
        records.AuthAnswer, lambda answer: (answer.call, answer.expect) == ("refresh", "granted")
    )
    failed = [answer for answer in tried if not answer.granted]
    if len(failed) < max(LEAST_REFRESHES, MOST * len(tried)):
        return
    share = f"{len(failed)} of {several(len(tried), 'attempt')}"
    text = f"Tokens cannot be refreshed: {failed[0].detail} ({share})"
    where = _grouped((answer.scenario, answer.seq) for answer in failed)
    yield Sighting("refresh_failed", "loss", text, where, failed[0].detail, specific=9)


@detector
def never_ready(evidence: Evidence) -> Iterator[Sighting]:
    """The connection opens, and no greeting follows, for nearly everybody."""
    tried = to_be_admitted(evidence.history)
    silent = [c for c in tried if c.connected is not None and c.ready is None]
    if not silent or len(silent) < ALMOST_ALL * len(tried):
        return
    where = _grouped((c.connecting.scenario, c.connecting.seq) for c in silent)
    wrong = [problem for c in silent for problem in _first_problem(c)]
    if len(wrong) >= ALMOST_ALL * len(silent):
        code, text = "greeting_malformed", f"The service's greeting cannot be used: {wrong[0]}"
    else:
        code, text = "never_ready", "Connections open, but the service never says that it is ready"
    yield Sighting(code, "loss", text, where, specific=8, blocking=True)


def _first_problem(story: ConnectionHistory) -> list[str]:
    """What is wrong with the first message that arrived, if anything is."""
    first = next((f for f in story.frames if f.direction == "received"), None)
    told = first.facts if first else ()
    found = [fact.why for fact in told if isinstance(fact, Unreadable)]
    return [*found, *(problem for fact in told for problem in fact.problems)][:1]


@detector
def subprotocol_not_agreed(evidence: Evidence) -> Iterator[Sighting]:
    """The handshake succeeds, and selects another subprotocol than was offered for it."""
    tried = [c for c in to_be_admitted(evidence.history) if c.connected is not None]
    wrong = [c for c in tried if c.connected is not None and not c.connected.agreed]
    if not wrong or wrong[0].connected is None:
        return
    selected = wrong[0].connected.subprotocol
    what = f"the subprotocol {selected}" if selected else "no subprotocol"
    share = f"{len(wrong):,} of {several(len(tried), 'handshake')}"
    text = f"The service selects {what}, not the one that was offered ({share})"
    where = _grouped((c.connecting.scenario, c.connecting.seq) for c in wrong)
    yield Sighting("subprotocol_not_agreed", "loss", text, where, selected or "", specific=7)


@detector
def attackers_admitted(evidence: Evidence) -> Iterator[Sighting]:
    """What must be refused at the handshake is let in: all that follows there comes from it.

    So do announcements with tokens of the same flaws.
    """
    admitted = [c for c in evidence.history.connections.values() if let_in_wrongly(c)]
    if not admitted:
        return
    means = list(dict.fromkeys(c.connecting.means for c in admitted))
    first = f"a client with {means[0]}" if means[0].startswith("no ") else means[0]
    text = f"{capital(first)} {_way_in(admitted[0])}"
    if len(means) > 1:
        text += f"; in all {len(means)} kinds of attempts succeed that must be refused"
    where = _grouped(
        (answer.scenario, number)
        for c in admitted
        if (answer := c.connected) is not None
        for number in (c.connecting.seq, answer.seq)
    )
    where = {**where, **_announced_with(means, evidence)}
    yield Sighting(
        "attacker_admitted",
        "security",
        text,
        where,
        means[0],
        specific=9,
        blocking=True,
        criteria=_seen_by_intruders(evidence),
    )


def _way_in(story: ConnectionHistory) -> str:
    """What let the client in: the handshake alone, or what answered what it sent."""
    sent, answer = False, None
    for frame in story.frames:
        if frame.direction == "sent":
            sent = True
        elif any(not isinstance(fact, ADMITS_NOBODY) for fact in frame.facts):
            answer = frame
            break
    if not sent:
        return "is accepted (handshake, 101)"
    if answer is None:
        return "is not refused (handshake, 101; nothing answers what the client sends)"
    refused = all(isinstance(fact, Rejected | Unreadable) for fact in answer.facts)
    taken = "is not refused as documented" if refused else "is accepted"
    return f"{taken} (what the client sends is answered with: {answer.text[:80]})"


def _announced_with(flaws: Sequence[str], evidence: Evidence) -> Where:
    """Where announcements with such tokens were accepted, and all others refused as documented.

    None of those others was delivered all the same.
    """
    where: dict[str, tuple[int, ...]] = {}
    for scenario, part in evidence.scenarios.items():
        tried = part.of(records.Announcing, lambda a: not a.allowed)
        taken = [a for a in tried if not a.agreed]
        accepted = all(a.status in SUCCESS and a.flaw in flaws for a in taken)
        heard = [s.fact.message for s in part.facts(Announcement)]
        leaked = any(a.words in message for a in tried if a.agreed for message in heard)
        if taken and accepted and not leaked:
            where[scenario] = tuple(attempt.seq for attempt in taken)
    return where


def _seen_by_intruders(evidence: Evidence) -> tuple[str, ...]:
    """The isolation criterion, where it fails by nothing but what intruders have received."""
    for part in evidence.scenarios.values():
        intruders = {i for i, story in part.connections.items() if let_in_wrongly(story)}
        if any(v.connection in intruders for v in violations(part)):
            return ("user_isolation",)
    return ()


def let_in_wrongly(story: ConnectionHistory) -> bool:
    """True for a handshake that succeeded and must not; a user's own device too many is no
    intruder."""
    return (
        story.connecting.expect == "refused"
        and story.connecting.flaw != OWN
        and story.refused is None
        and story.connected is not None
    )


def _grouped(numbered: Iterator[tuple[str, int]]) -> Where:
    found: dict[str, tuple[int, ...]] = {}
    for scenario, number in numbered:
        found[scenario] = (*found.get(scenario, ()), number)
    return found
