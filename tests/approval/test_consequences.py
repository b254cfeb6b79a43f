"""What follows from a cause is told with it, not as a second reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from evidence import outcome, outcomes, verdict
from histories import Tape, whole_run

from support.approval import Outcomes
from support.journal import facts, records

#: Connections of a user, and bytes of a message.
LIMIT, LONGEST = 3, 65_536


def failing(
    made: Tape, name: str, check: str, tell: Callable[[Tape, str], None], *tags: str
) -> Any:
    """A scenario in which that is recorded, and which fails by that check."""
    made.scenario = name
    made.starts(name, scenario_id=name, tags=tags)
    tell(made, f"{name}/Alice")
    return outcome(id=name, name=name, status="failed", checks=(check,))


def passing(made: Tape, name: str, tell: Callable[[Tape, str], None]) -> Any:
    """A scenario in which that is recorded, and which passes."""
    failing(made, name, "", tell)
    return outcome(id=name, name=name, status="passed")


def codes(made: Tape, *failed: Any) -> list[str]:
    """The codes of the causes of a run in which these scenarios failed."""
    return [cause.code for cause in verdict(given(*failed), made).causes]


def given(*failed: Any) -> Outcomes:
    """As of a good run, and these failed."""
    made = outcomes()
    made.scenarios += failed
    return made


@pytest.fixture
def made() -> Tape:
    """A journal with nothing in it yet."""
    tape = Tape()
    tape.opened()
    return tape


# --- heartbeats


def cut_when_idle(idle_s: float, later_s: float = 0.0) -> Callable[[Tape, str], None]:
    """A load balancer ends a connection on which nothing came for so long.

    `later_s`: another connection, and this one ends so much later.
    """

    def tell(made: Tape, user: str) -> None:
        made.comes(user, heartbeat_s=1.0)
        made.at += idle_s
        made.add(records.Fault, name="idle_timeout", connection="", user="")
        made.at += later_s
        made.ends(user, by="network", code=None)

    return tell


def hung(made: Tape, user: str) -> None:
    """An app answers nothing any more, and its connection is kept."""
    connection = made.comes(user, heartbeat_s=1.0)
    made.add(records.Fault, name="mute", connection=connection, user=user)
    made.at += 9.0
    made.ends(user)


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (cut_when_idle(2.0), ["heartbeat_missing"]),
        (cut_when_idle(0.5), ["unresponsive_client_dropped", "idle_connection_survives"]),
        (cut_when_idle(2.0, 1.0), ["unresponsive_client_dropped", "idle_connection_survives"]),
    ],
    ids=["idle", "not idle", "ended by something else"],
)
def test_without_heartbeats_idle_connections_are_cut_and_dead_ones_kept(
    made: Tape, cut: Callable[[Tape, str], None], expected: list[str]
) -> None:
    kept = failing(made, "hung", "unresponsive_client_dropped", hung)
    idle = failing(made, "idle", "idle_connection_survives", cut)
    assert codes(made, kept, idle) == expected


def test_a_dead_connection_that_is_kept_is_no_missing_heartbeat(made: Tape) -> None:
    kept = failing(made, "hung", "unresponsive_client_dropped", hung)
    assert codes(made, kept) == ["unresponsive_client_dropped"]


# --- the limit of connections


def full_house(made: Tape, user: str) -> None:
    """One connection more than the limit is refused as documented."""
    for _ in range(LIMIT):
        made.connects(user, connections_per_user=LIMIT)
    made.refused(user, expect="refused", flaw="room")


def returns(ended: int, *, later: bool = False) -> Callable[[Tape, str], None]:
    """A user whose connections have ended is refused as where there are too many."""

    def tell(made: Tape, user: str) -> None:
        for _ in range(ended):
            made.connects(user, connections_per_user=LIMIT)
            made.ends(user)
        made.refused(user)
        if later:
            made.connects(user)

    return tell


@pytest.mark.parametrize(
    ("tell", "first"),
    [
        (returns(LIMIT), "connections_not_released"),
        (returns(LIMIT - 1), "connected_within"),
        (returns(LIMIT, later=True), "connected_within"),
    ],
)
def test_who_is_refused_for_connections_that_have_ended_is_not_merely_refused(
    made: Tape, tell: Callable[[Tape, str], None], first: str
) -> None:
    cap = passing(made, "cap", full_house)
    fast = failing(made, "fast", "connected_within", tell)
    assert codes(made, cap, fast) == [first]


def test_where_nobody_knows_how_one_too_many_is_refused_nothing_is_said_of_it(made: Tape) -> None:
    fast = failing(made, "fast", "connected_within", returns(LIMIT))
    assert codes(made, fast) == ["connected_within"]


def test_what_the_service_counts_itself_comes_of_connections_that_are_not_released(
    made: Tape,
) -> None:
    cap = passing(made, "cap", full_house)
    fast = failing(made, "fast", "connected_within", returns(LIMIT))
    counted = failing(made, "counted", "connections_freed", returns(1))
    found = verdict(given(cap, fast, counted), made)
    assert [cause.code for cause in found.causes] == ["connections_not_released"]
    assert "A user with 0 of 3 connections open is refused as one too many is" in found.reasons[0]


@pytest.mark.parametrize(
    ("user_id", "first"),
    [("user-id-of-alice", "connected_within"), ("user-id-of-bob", "connections_not_released")],
)
def test_connections_of_another_device_of_a_person_are_open_connections_of_theirs(
    made: Tape, user_id: str, first: str
) -> None:
    """The limit is one of each person."""

    def tell(made: Tape, user: str) -> None:
        tablet = f"{user}'s tablet"
        made.signs_in(user, "user-id-of-alice")
        made.signs_in(tablet, user_id)
        for _ in range(LIMIT):
            made.connects(tablet, connections_per_user=LIMIT)
        returns(LIMIT)(made, user)

    cap = passing(made, "cap", full_house)
    fast = failing(made, "fast", "connected_within", tell)
    assert codes(made, cap, fast) == [first]


# --- the limit of messages


def asks_too_much(size: int) -> Callable[[Tape, str], None]:
    """A question of that size is accepted where `LONGEST` is announced."""

    def tell(made: Tape, user: str) -> None:
        made.comes(user, message_bytes=LONGEST)
        made.says(user, facts.Asked(request_id="q1"), size=size)
        made.hears(user, facts.Accepted(request_id="q1", run_id="r-1", thread_id="t-1"))

    return tell


def breaks(code: int, *close: int, **allowed: Any) -> Callable[[Tape, str], None]:
    """Input that must end the connection with one of these ends it with that code."""

    def tell(made: Tape, user: str) -> None:
        made.comes(user)
        made.says(user, facts.MalformedSent(what="what is forbidden", close=close, **allowed))
        if allowed:
            made.hears(user, facts.Rejected(code="bad"))
        made.ends(user, by="target", code=code)

    return tell


@pytest.mark.parametrize(
    ("size", "code", "expected"),
    [
        (LONGEST + 1, 4408, ["oversize_accepted"]),
        (LONGEST + 1, 1009, ["oversize_accepted", "rejected_as_documented"]),
        (LONGEST, 4408, ["oversize_refused", "rejected_as_documented"]),
    ],
)
def test_a_limit_that_is_not_enforced_is_why_no_length_is_refused(
    made: Tape, size: int, code: int, expected: list[str]
) -> None:
    long = failing(made, "long", "oversize_refused", asks_too_much(size))
    frame = failing(made, "frame", "rejected_as_documented", breaks(code, 1002, 1009))
    plain = passing(made, "plain", breaks(1002, 1002))
    assert sorted(codes(made, long, frame, plain)) == expected


@pytest.mark.parametrize(
    ("check", "plain", "allowed"),
    [
        ("rejected_as_documented", (1002, 1009), {}),  # any breach may end so
        ("rejected_as_documented", (1002,), {"rejected": ("bad",)}),
        ("connected_within", (1002,), {}),
    ],
)
def test_what_may_be_refused_as_too_big_is_not_always_about_length(
    made: Tape, check: str, plain: tuple[int, ...], allowed: dict[str, Any]
) -> None:
    long = failing(made, "long", "oversize_refused", asks_too_much(LONGEST + 1))
    frame = failing(made, "frame", check, breaks(4408, 1002, 1009, **allowed))
    other = passing(made, "plain", breaks(1002, *plain))
    assert sorted(codes(made, long, frame, other)) == sorted(["oversize_accepted", check])


# --- tokens that are not checked


def announces(*flaws: str, status: int = 202) -> Callable[[Tape, str], None]:
    """Announcements, each with a token of that flaw, that are answered with this status."""

    def tell(made: Tape, user: str) -> None:
        made.comes(user)
        for flaw in flaws:
            made.add(records.Announcing, user=user, means="…", words="…", status=status, flaw=flaw)

    return tell


@pytest.mark.parametrize(
    ("flaws", "expected"),
    [
        (["an unsigned token"], ["attacker_admitted"]),
        (["an unsigned token", ""], ["attacker_admitted", "only_operators_announce"]),
        (["an expired token"], ["attacker_admitted", "only_operators_announce"]),
    ],
)
def test_announcements_with_a_token_that_the_handshake_accepts_too_are_no_second_reason(
    made: Tape, flaws: list[str], expected: list[str]
) -> None:
    announced = failing(made, "announced", "only_operators_announce", announces(*flaws))
    entered = failing(made, "entered", "handshake_refused", enters_unsigned)
    assert codes(made, announced, entered) == expected


def enters_unsigned(made: Tape, user: str) -> None:
    """A client with an unsigned token is let in."""
    made.connects(user, expect="refused", means="an unsigned token")


def test_an_announcement_that_breaks_the_service_was_not_accepted(made: Tape) -> None:
    attempts = announces("an unsigned token", status=500)
    announced = failing(made, "announced", "only_operators_announce", attempts)
    entered = failing(made, "entered", "handshake_refused", enters_unsigned)
    assert codes(made, announced, entered) == ["attacker_admitted", "only_operators_announce"]


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("refused words", ["attacker_admitted", "only_operators_announce"]),
        ("…", ["attacker_admitted"]),
    ],
)
def test_an_announcement_that_is_refused_and_made_is_another_reason(
    made: Tape, heard: str, expected: list[str]
) -> None:
    def attempts(made: Tape, user: str) -> None:
        announces("an unsigned token")(made, user)
        refused = {"words": "refused words", "status": 401, "agreed": True}
        made.add(records.Announcing, user=user, means="…", **refused)
        made.hears(user, facts.Announcement(message=heard))

    announced = failing(made, "announced", "only_operators_announce", attempts)
    entered = failing(made, "entered", "handshake_refused", enters_unsigned)
    assert codes(made, announced, entered) == expected


# --- attacks that did not succeed


def tries(*answers: facts.Fact | None, what: str = "right") -> Callable[[Tape, str], None]:
    """What a token's scope forbids, or a `run` of another, is tried, and answered like that."""

    def tell(made: Tape, user: str) -> None:
        made.comes(user)
        for answer in answers:
            made.says(user, facts.AccessAttempted(what=what, whose="a run"))
            if answer is not None:
                made.hears(user, answer)

    return tell


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (facts.Rejected(code="not_found"), ["only_that_run_cancelled", "refused_otherwise"]),
        (facts.Accepted(run_id="r-1"), ["forbidden_by_scope", "only_that_run_cancelled"]),
        (None, ["forbidden_by_scope", "only_that_run_cancelled"]),
    ],
)
def test_who_is_refused_with_another_error_has_not_gone_beyond_their_scope(
    made: Tape, answer: facts.Fact | None, expected: list[str]
) -> None:
    attempts = tries(facts.Rejected(code="forbidden"), answer)
    scope = failing(made, "scope", "forbidden_by_scope", attempts)
    cancelled = failing(made, "cancelled", "only_that_run_cancelled", lambda *_: None)
    assert codes(made, scope, cancelled) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((None, None), ["only_that_run_cancelled", "cancel_unanswered"]),
        (
            (None, facts.Rejected(code="not_found")),
            ["existence_not_revealed", "only_that_run_cancelled"],
        ),
    ],
)
def test_cancellations_that_are_never_answered_tell_nothing_apart(
    made: Tape, answers: tuple[facts.Fact | None, ...], expected: list[str]
) -> None:
    attempts = tries(*answers, what="run")
    guessed = failing(made, "guessed", "existence_not_revealed", attempts, "isolation")
    cancelled = failing(made, "cancelled", "only_that_run_cancelled", lambda *_: None)
    assert codes(made, guessed, cancelled) == expected


@pytest.mark.parametrize("lost", [False, True])
def test_what_a_scope_forbids_and_nobody_answers_is_ignored_not_allowed(
    made: Tape, *, lost: bool
) -> None:
    def attempts(made: Tape, user: str) -> None:
        tries(None, None)(made, user)
        if lost:
            made.ends(user, by="target", code=1011)

    scope = failing(made, "scope", "forbidden_by_scope", attempts)
    assert codes(made, scope) == ["forbidden_by_scope" if lost else "refusal_unanswered"]


def cancels_for(made: Tape, user: str, *answers: facts.Fact) -> None:
    """A user cancels a run in another's name."""
    made.comes(user)
    claim = facts.IdentityClaimed(where="user_id")
    made.says(user, facts.Cancelling(run_id="r-9"), claim)
    for answer in answers:
        made.hears(user, answer)


@pytest.mark.parametrize(
    ("told_to", "first"), [("", "cancel_unanswered"), ("’s friend", "acted_as_self_only")]
)
def test_a_cancellation_in_anothers_name_that_nobody_answers_is_no_attack_that_succeeded(
    made: Tape, told_to: str, first: str
) -> None:
    def attempts(made: Tape, user: str) -> None:
        cancels_for(made, user, facts.Accepted(run_id="r-1"))
        friend = f"{user}{told_to}"
        if told_to:
            made.comes(friend)
        for event in whole_run(friend, "r-1", at=made.at):
            made.event(friend, event)

    claimed = failing(made, "claimed", "acted_as_self_only", attempts, "isolation")
    assert codes(made, claimed)[0] == first


def test_scenarios_of_a_cause_are_told_in_the_order_of_the_journal(made: Tape) -> None:
    numbers = range(8)
    answers = [tries(facts.Rejected(code=f"code-{number}")) for number in numbers]
    failed = [
        failing(made, f"scope {number}", "forbidden_by_scope", answers[number])
        for number in numbers
    ]
    (cause,) = verdict(given(*failed), made).causes
    assert f"(answered with: {', '.join(f'code-{number}' for number in numbers)})" in cause.text
    assert cause.scenario == "scope 0"


def ends_run(status: str) -> Callable[[Tape, str], None]:
    """The run of a user who did not cancel it ends like that."""

    def tell(made: Tape, user: str) -> None:
        made.run(user, "q1", "r-1", status=status)

    return tell


def begins_run(made: Tape, user: str) -> None:
    """A run begins that the service told nobody of."""
    made.event(user, whole_run(user, "r-2", at=made.at)[0])


@pytest.mark.parametrize(
    ("effect", "first"),
    [
        (ends_run("succeeded"), "refused_otherwise"),
        (ends_run("cancelled"), "forbidden_by_scope"),
        (begins_run, "forbidden_by_scope"),
    ],
)
def test_an_attempt_that_is_refused_and_has_an_effect_has_succeeded(
    made: Tape, effect: Callable[[Tape, str], None], first: str
) -> None:
    def attempts(made: Tape, user: str) -> None:
        tries(facts.Rejected(code="not_found"))(made, f"{user}'s tablet")
        made.comes(user)
        effect(made, user)

    scope = failing(made, "scope", "forbidden_by_scope", attempts)
    assert codes(made, scope)[0] == first


@pytest.mark.parametrize(("told_to", "harmless"), [("", True), ("'s friend", False)])
def test_a_run_that_the_service_starts_is_no_effect_for_whom_it_was_told(
    made: Tape, told_to: str, *, harmless: bool
) -> None:
    def attempts(made: Tape, user: str) -> None:
        tries(facts.Rejected(code="not_found"))(made, f"{user}'s tablet")
        for person in dict.fromkeys((user, f"{user}{told_to}")):
            made.comes(person)
        made.hears(f"{user}{told_to}", facts.Turn(run_id="r-2"))
        for event in whole_run(user, "r-2", at=made.at):
            made.event(user, event)

    scope = failing(made, "scope", "forbidden_by_scope", attempts)
    assert ("refused_otherwise" in codes(made, scope)) == harmless


# --- a replay that loses events


def comes_back(came: int, missed: int = 3, **answer: Any) -> Callable[[Tape, str], None]:
    """Of so many missed events so many come when the user resumes in the middle of a run."""

    def tell(made: Tape, user: str) -> None:
        made.comes(user)
        made.asks(user)
        run = whole_run(user, "r-1", at=made.at)
        for event in run[:2]:
            made.event(user, event)
        made.cut(user)
        made.stream[user] += missed
        made.connects(user)
        made.resumes(user, 2, **answer)
        for event in run[2 : 2 + came]:
            made.event(user, event)
        made.fence(user)
        made.ends(user)

    return tell


def comes_back_to_a_leak(made: Tape, user: str) -> None:
    """And what another user has asked for arrives there."""
    other = f"{user.rpartition('/')[0]}/Bob"
    made.comes(other)
    comes_back(0)(made, user)
    made.comes(user)
    made.hears(user, facts.Unreadable(why="noise"), mentions=(f"canary:{other}",))


LOST = comes_back(0)
STOPPED = comes_back(0, missed=0)
TURNED_DOWN = comes_back(0, recovered=False, reason="gone", first=0, last=0, count=0)


@pytest.mark.parametrize("row", ["H1", "H6", "I3", "I4"])
def test_what_a_replay_has_lost_is_missing_wherever_somebody_resumes(made: Tape, row: str) -> None:
    plain = failing(made, "plain", "complete_run", LOST, "H1")
    other = failing(made, "other", "ran_once", LOST, row)
    assert codes(made, plain, other) == ["resume_loses"]


@pytest.mark.parametrize(
    ("tell", "row", "also"),
    [
        (STOPPED, "I4", "run_unfinished"),
        (TURNED_DOWN, "I4", "run_unfinished"),
        (LOST, "H4", "run_unfinished"),
        (comes_back(3), "I3", "ran_once"),
    ],
    ids=["nothing missed", "refused", "to be refused", "whole"],
)
def test_where_no_promise_of_a_replay_is_broken_something_else_is_wrong(
    made: Tape, tell: Callable[[Tape, str], None], row: str, also: str
) -> None:
    plain = failing(made, "plain", "complete_run", LOST, "H1")
    other = failing(made, "other", "ran_once", tell, row)
    assert codes(made, plain, other) == ["resume_loses", also]


def test_a_leak_is_no_consequence_of_a_replay_that_loses_events(made: Tape) -> None:
    plain = failing(made, "plain", "complete_run", LOST, "H1")
    leaky = failing(made, "leaky", "ran_once", comes_back_to_a_leak, "I3")
    assert codes(made, plain, leaky) == ["data_leak", "resume_loses"]


# --- runs that nobody asked for


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("complete_in_the_end", ["run_unknown"]),
        ("network_faults_fired", ["network_faults_fired", "run_unknown"]),
    ],
)
def test_runs_that_nobody_asked_for_are_one_cause_where_messages_are_lost_too(
    made: Tape, check: str, expected: list[str]
) -> None:
    def strange(made: Tape, user: str) -> None:
        made.comes(user)
        made.event(user, whole_run(user, "r-strange", at=made.at)[0])

    def lossy(made: Tape, user: str) -> None:
        strange(made, user)
        made.add(records.Fault, name="drop", connection="", user="")

    whole = failing(made, "whole", "complete_run", strange)
    lost = failing(made, "lost", check, lossy)
    assert sorted(codes(made, whole, lost)) == expected


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (None, ["complete_in_the_end", "run_unknown"]),
        ("r-1", ["run_unknown"]),
    ],
)
def test_a_run_whose_acceptance_may_be_lost_is_one_that_somebody_asked_for(
    made: Tape, run: str | None, expected: list[str]
) -> None:
    def strange(made: Tape, user: str) -> None:
        made.comes(user)
        made.event(user, whole_run(user, "r-strange", at=made.at)[0])

    def lossy(made: Tape, user: str) -> None:
        made.comes(user)
        made.asks(user, run=run)
        made.event(user, whole_run(user, "r-2", at=made.at)[0])
        made.add(records.Fault, name="drop", connection="", user="")

    whole = failing(made, "whole", "complete_run", strange)
    lost = failing(made, "lost", "complete_in_the_end", lossy)
    assert sorted(codes(made, whole, lost)) == expected
