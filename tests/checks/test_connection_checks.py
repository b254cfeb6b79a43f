"""Who can connect, how fast, who is refused, and does disconnecting work?"""

from __future__ import annotations

import pytest
from histories import ALICE, BOB, Tape, answer_of, id_of

from support.checks.connections import (
    admitted,
    closed_cleanly,
    established_within,
    handshake_refused,
    health_agrees,
)
from support.journal import facts, records

VISITOR = "s01/Visitor"
MEANS = "an expired token"


# --- coming in


def test_who_is_greeted_is_let_in() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert admitted(ALICE)(tape.history).ok


def test_who_never_tried_cannot_tell() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    assert admitted(ALICE)(tape.history).state == "unknown"


def test_who_got_no_token_is_not_let_in() -> None:
    tape = Tape()
    tape.signs_in(ALICE, ok=False)
    assert admitted(ALICE)(tape.history).state == "failed"


def test_who_is_refused_is_not_let_in() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.refused(ALICE)
    assert answer_of(admitted(ALICE)(tape.history)) == ("failed", "refused: HTTP 401")


def test_who_is_never_greeted_is_not_let_in() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    connection = tape.tries(ALICE)
    tape.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    finding = admitted(ALICE)(tape.history)
    assert answer_of(finding) == (
        "failed",
        "the connection opened, but the deployment never greeted",
    )


def test_who_is_greeted_as_somebody_else_is_not_let_in() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.connects(ALICE, user_id=id_of(BOB))
    assert answer_of(admitted(ALICE)(tape.history)) == (
        "failed",
        "the deployment greeted somebody else",
    )


def test_a_greeting_that_lacks_something_is_no_good_greeting() -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.connects(ALICE, problems=("limits is missing",))
    assert "limits is missing" in admitted(ALICE)(tape.history).summary


def test_the_newest_try_counts() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.refused(ALICE)
    assert admitted(ALICE)(tape.history).state == "failed"


def test_a_try_that_was_to_be_refused_is_not_the_users_own() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.refused(ALICE, expect="refused", means=MEANS)
    assert admitted(ALICE)(tape.history).ok


@pytest.mark.parametrize(("waited_s", "state"), [(1.9, "passed"), (2.1, "failed")])
def test_the_handshake_and_the_greeting_take_their_time_together(
    waited_s: float, state: str
) -> None:
    tape = Tape()
    tape.signs_in(ALICE)
    connection = tape.tries(ALICE)
    tape.add(records.Connected, connection=connection, user=ALICE, took_ms=1.0)
    tape.at += waited_s
    tape.hears(ALICE, facts.Ready(user_id=id_of(ALICE)))
    assert established_within(ALICE, 2.0)(tape.history).state == state


def test_a_refusal_in_time_is_no_connection_in_time() -> None:
    tape = Tape()
    tape.refused(ALICE)
    assert established_within(ALICE, 2.0)(tape.history).state == "failed"


# --- staying out


def test_who_is_refused_as_documented_stays_out() -> None:
    tape = Tape()
    tape.refused(VISITOR, expect="refused", means=MEANS)
    assert answer_of(handshake_refused(VISITOR)(tape.history)) == (
        "passed",
        "1 attempts, all refused",
    )


def test_where_nobody_tried_nothing_is_known() -> None:
    tape = Tape()
    tape.refused(VISITOR)
    assert answer_of(handshake_refused(VISITOR)(tape.history)) == ("unknown", "no attempt was made")


def test_who_gets_in_does_not_stay_out() -> None:
    tape = Tape()
    connection = tape.tries(VISITOR, expect="refused", means=MEANS)
    tape.add(records.Connected, connection=connection, user=VISITOR, took_ms=1.0)
    assert answer_of(handshake_refused(VISITOR)(tape.history)) == (
        "failed",
        f"with {MEANS} a client was admitted",
    )


def test_silence_shorter_than_a_greeting_proves_nothing() -> None:
    def story(greeted_after_s: float) -> tuple[str, str]:
        tape = Tape()
        tape.tries("s01/Alice", expect="admitted")
        tape.at += greeted_after_s
        tape.hears("s01/Alice", facts.Ready())
        tried = {"connection": tape.tries(VISITOR, expect="refused", means=MEANS), "user": VISITOR}
        tape.add(records.Refused, how="silence", agreed=True, took_ms=2000.0, **tried)
        return answer_of(handshake_refused(VISITOR)(tape.history))

    assert story(0.5)[0] == "passed"
    told = "2.0 s of silence prove nothing: Alice was greeted after 3.0 s"
    assert story(3.0) == ("unknown", told)


def test_a_client_that_receives_anything_is_not_rejected_even_if_refused_afterwards() -> None:
    tape = Tape()
    tape.connects(VISITOR, expect="refused", means=MEANS)
    tape.add(
        records.Refused, connection=tape.newest(VISITOR), user=VISITOR, how="close", agreed=True
    )
    finding = handshake_refused(VISITOR)(tape.history)
    assert finding.state == "failed"
    assert finding.summary.startswith(f"with {MEANS} a client received")


def test_what_everyone_is_asked_first_is_no_answer_and_all_else_is() -> None:
    for more, state in [((), "passed"), ((facts.Event(type="agent_started"),), "failed")]:
        tape = Tape()
        connection = tape.tries(VISITOR, expect="refused", means=MEANS)
        tape.hears(VISITOR, facts.Ignored(type="hello"), facts.Challenge(), *more)
        tape.add(records.Refused, connection=connection, user=VISITOR, how="close", agreed=True)
        assert handshake_refused(VISITOR)(tape.history).state == state


def test_a_refusal_that_is_not_the_agreed_one_fails() -> None:
    tape = Tape()
    tape.refused(VISITOR, expect="refused", means=MEANS, agreed=False)
    finding = handshake_refused(VISITOR)(tape.history)
    assert finding.state == "failed"
    assert "not refused as documented: HTTP 500" in finding.summary


def test_one_try_of_several_that_gets_in_fails() -> None:
    tape = Tape()
    tape.refused(VISITOR, expect="refused", means=MEANS)
    tape.connects(VISITOR, expect="refused", means=MEANS)
    assert handshake_refused(VISITOR)(tape.history).state == "failed"


def test_where_a_good_token_made_the_same_way_is_refused_too_nothing_is_proven() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.refused(ALICE, means="a token made the same way, but in order")
    tape.refused(VISITOR, expect="refused", means=MEANS)
    finding = handshake_refused(VISITOR, [ALICE])(tape.history)
    assert answer_of(finding) == (
        "unknown",
        "even a token made the same way, but in order, was refused",
    )


def test_where_a_good_token_made_the_same_way_gets_in_the_refusal_counts() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.connects(ALICE, means="a token made the same way, but in order")
    tape.refused(VISITOR, expect="refused", means=MEANS)
    assert handshake_refused(VISITOR, [ALICE])(tape.history).ok


# --- what the health endpoint says


def asked_for_health(*, healthy: bool, inside: bool) -> tuple[str, str]:
    tape = Tape()
    tape.signs_in(ALICE)
    tape.add(records.Health, http=200 if healthy else 503, healthy=healthy)
    if inside:
        tape.connects(ALICE)
    else:
        tape.refused(ALICE, agreed=False)
    return answer_of(health_agrees(ALICE)(tape.history))


def test_healthy_and_users_get_in() -> None:
    assert asked_for_health(healthy=True, inside=True)[0] == "passed"


def test_healthy_but_users_do_not_get_in() -> None:
    state, summary = asked_for_health(healthy=True, inside=False)
    assert state == "failed"
    assert summary.startswith("the service calls itself healthy, and users cannot connect")


def test_not_healthy_but_users_get_in() -> None:
    state, summary = asked_for_health(healthy=False, inside=True)
    assert state == "failed"
    assert summary == "the service calls itself not healthy (503), and users can connect"


def test_not_healthy_and_users_do_not_get_in_is_no_service() -> None:
    assert asked_for_health(healthy=False, inside=False)[0] == "failed"


def test_a_healthy_word_under_another_status_is_not_healthy() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.add(records.Health, http=500, healthy=True)
    assert health_agrees(ALICE)(tape.history).state == "failed"


def test_without_asking_for_health_nothing_agrees() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert health_agrees(ALICE)(tape.history).state == "unknown"


def test_a_health_endpoint_that_does_not_answer_is_reported() -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.add(records.Health, http=None, detail="the connection was refused")
    summary = health_agrees(ALICE)(tape.history).summary
    assert "not healthy (the connection was refused)" in summary


# --- leaving


def gone(**how: object) -> tuple[str, str]:
    tape = Tape()
    tape.comes(ALICE)
    tape.ends(ALICE, **how)
    return answer_of(closed_cleanly(ALICE)(tape.history))


@pytest.mark.parametrize("code", [1000, 1005])
def test_a_close_that_is_answered_is_clean(code: int) -> None:
    assert gone(by="user", code=code)[0] == "passed"


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("user", None),
        ("user", 1011),
        ("target", 1000),
        ("target", 1005),
        ("network", None),
        ("fault", None),
    ],
)
def test_any_other_end_is_not_clean(by: str, code: int | None) -> None:
    assert gone(by=by, code=code)[0] == "failed"


def test_an_end_that_was_not_clean_says_why() -> None:
    why = "the deployment never answered the close"
    assert gone(by="user", code=None, reason=why) == ("failed", why)


def test_who_has_not_left_cannot_tell() -> None:
    tape = Tape()
    tape.comes(ALICE)
    assert closed_cleanly(ALICE)(tape.history).state == "unknown"
