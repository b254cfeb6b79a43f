"""Who is let in and who is not: the cause of everything that needs a connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from support.approval.causes.sighting import Sighting, Where, detector
from support.approval.evidence import Evidence
from support.approval.words import several
from support.journal import ConnectionHistory, History, records
from support.journal.facts import Unreadable
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


@detector
def sign_ins_failed(evidence: Evidence) -> Iterator[Sighting]:
    """Nearly nobody can sign in."""
    tried = evidence.history.of(records.SignedIn)
    failed = [r for r in tried if not r.ok]
    if not failed or len(failed) < ALMOST_ALL * len(tried):
        return
    why = failed[0].detail or "no answer"
    text = f"Users cannot sign in: {why} ({len(failed)} of {several(len(tried), 'sign-in')})"
    where = grouped((r.scenario, r.seq) for r in failed)
    yield Sighting("sign_in_failed", "loss", text, where, specific=9, blocking=True)


@detector
def preparations_failed(evidence: Evidence) -> Iterator[Sighting]:
    """A call that a dialect makes before it connects fails: nearly always, or every so often."""
    made = evidence.history.of(records.PreludeCall, lambda call: call.when == "before")
    failed = [call for call in made if not call.ok]
    where = grouped((r.scenario, r.seq) for r in failed)
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
    where = grouped(
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
    return grouped(
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
    where = grouped((r.scenario, r.seq) for r in refused)
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
    where = grouped((answer.scenario, answer.seq) for answer in failed)
    yield Sighting("refresh_failed", "loss", text, where, failed[0].detail, specific=9)


@detector
def never_ready(evidence: Evidence) -> Iterator[Sighting]:
    """The connection opens, and no greeting follows, for nearly everybody."""
    tried = to_be_admitted(evidence.history)
    silent = [c for c in tried if c.connected is not None and c.ready is None]
    if not silent or len(silent) < ALMOST_ALL * len(tried):
        return
    where = grouped((c.connecting.scenario, c.connecting.seq) for c in silent)
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
    where = grouped((c.connecting.scenario, c.connecting.seq) for c in wrong)
    yield Sighting("subprotocol_not_agreed", "loss", text, where, selected or "", specific=7)


def grouped(numbered: Iterator[tuple[str, int]]) -> Where:
    """Records by their scenarios."""
    found: dict[str, tuple[int, ...]] = {}
    for scenario, number in numbered:
        found[scenario] = (*found.get(scenario, ()), number)
    return found
