"""Rows E7 and E8: what readers, ordinary users and operators may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from histories import ALICE, BOB, CAROL, Tape

from support.checks.scopes import forbidden_by_scope, only_operators_announce, reader_received_all
from support.journal import facts, records

TABLET = "s01/Tablet"
WORDS = "Tea is ready."


# --- readers


def reaches(*answers: facts.Fact | None, codes: Sequence[str] = ("forbidden",)) -> tuple[str, str]:
    """What is found when a reader has tried so much, and was answered so."""
    tape = Tape()
    tape.comes(TABLET)
    for number, answer in enumerate(answers):
        tape.says(TABLET, facts.AccessAttempted(what="right", whose=f"thing {number}"))
        if answer is not None:
            tape.hears(TABLET, answer)
    finding = forbidden_by_scope(TABLET, codes)(tape.history)
    return finding.state, finding.summary


FORBIDDEN = facts.Rejected(code="forbidden", message="no")


def test_a_reader_is_forbidden_everything_else() -> None:
    assert reaches(FORBIDDEN, FORBIDDEN)[0] == "passed"


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (None, "not refused: no answer came"),
        (facts.Rejected(code="not_found", message="no"), "refused with another error"),
        (facts.Accepted(request_id="q", run_id="r", thread_id="t"), "within reach"),
    ],
    ids=["no answer", "another error", "accepted"],
)
def test_a_reader_that_is_not_forbidden_something_may_do_it(
    answer: facts.Fact | None, how: str
) -> None:
    state, summary = reaches(FORBIDDEN, answer)
    assert state == "failed"
    assert summary.startswith(f"thing 1 was {how}")


@pytest.mark.parametrize(
    ("answer", "state", "told"),
    [
        (FORBIDDEN, "unknown", "the dialect does not say by which error"),
        (facts.Rejected(code="internal"), "unknown", "the dialect does not say by which error"),
        (facts.Accepted(request_id="q", run_id="r"), "failed", "thing 1 was within reach"),
    ],
)
def test_without_a_code_no_error_says_that_something_is_forbidden(
    answer: facts.Fact, state: str, told: str
) -> None:
    found, summary = reaches(FORBIDDEN, answer, codes=())
    assert (found, summary[: len(told)]) == (state, told)


def test_a_reader_that_tried_nothing_proves_nothing() -> None:
    assert reaches()[0] == "unknown"


def reads(*, sees: int, fenced: bool = True) -> str:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(TABLET)
    tape.run(ALICE, "q-1", "r-1")
    for seen in tape.history.facts(facts.Event, user=ALICE)[-sees:] if sees else ():
        tape.hears(TABLET, seen.fact)
    if fenced:
        tape.fence(TABLET)
    return reader_received_all(TABLET, ALICE)(tape.history).state


def test_a_reader_sees_the_answers_of_their_owner() -> None:
    assert reads(sees=5) == "passed"


def test_a_reader_that_sees_nothing_cannot_read() -> None:
    assert reads(sees=0) == "failed"


def test_a_reader_that_sees_the_end_alone_does_not_read_everything() -> None:
    assert reads(sees=1) == "failed"


@pytest.mark.parametrize(("sees", "state"), [(5, "passed"), (4, "failed"), (0, "unknown")])
def test_a_run_that_the_reader_saw_begin_is_owed_however_late_the_subscription_was_answered(
    sees: int, state: str
) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.run(ALICE, "q-1", "r-1")
    tape.comes(TABLET)
    for seen in tape.history.facts(facts.Event, user=ALICE)[:sees]:
        tape.hears(TABLET, seen.fact)
    tape.fence(TABLET)
    assert reader_received_all(TABLET, ALICE)(tape.history).state == state


def test_a_reader_without_a_round_trip_proves_nothing() -> None:
    assert reads(sees=0, fenced=False) == "unknown"


# --- announcements


def announces(tape: Tape, **what: Any) -> None:
    usual = {"user": CAROL, "means": "without a token", "words": "hacked", "status": 401}
    tape.add(records.Announcing, **{**usual, "agreed": True, **what})


def operator(tape: Tape, **what: Any) -> None:
    usual = {"means": "as an operator", "words": WORDS, "status": 202, "allowed": True}
    announces(tape, **{**usual, **what})


def heard(tape: Tape, words: str = WORDS, *people: str) -> None:
    for person in people or (ALICE, BOB):
        tape.hears(person, facts.Announcement(message=words))


def there() -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(BOB)
    return tape


def judged(tape: Tape, *, fenced: bool = True) -> tuple[str, str]:
    for person in (ALICE, BOB) if fenced else ():
        tape.fence(person)
    finding = only_operators_announce([ALICE, BOB])(tape.history)
    return finding.state, finding.summary


def test_an_operator_alone_is_heard() -> None:
    tape = there()
    announces(tape)
    operator(tape)
    heard(tape)
    assert judged(tape)[0] == "passed"


def test_others_announcements_that_are_heard_are_a_failure() -> None:
    tape = there()
    announces(tape)
    heard(tape, "hacked", BOB)
    operator(tape)
    heard(tape)
    assert judged(tape) == ("failed", "Bob received the announcement without a token")


def test_others_announcements_must_be_refused_as_agreed() -> None:
    tape = there()
    announces(tape, status=500, agreed=False)
    operator(tape)
    heard(tape)
    state, summary = judged(tape)
    assert state == "failed"
    assert "HTTP 500" in summary


def test_an_operator_that_is_not_heard_by_all_is_a_failure() -> None:
    tape = there()
    announces(tape)
    operator(tape)
    heard(tape, WORDS, ALICE)
    assert judged(tape) == ("failed", "the operator's announcement never reached Bob")


def test_an_operator_that_is_refused_proves_nothing() -> None:
    tape = there()
    announces(tape)
    operator(tape, status=403, agreed=False)
    assert judged(tape)[0] == "unknown"


def test_announcements_without_a_round_trip_after_them_prove_nothing() -> None:
    tape = there()
    announces(tape)
    operator(tape)
    heard(tape)
    assert judged(tape, fenced=False)[0] == "unknown"


def test_without_anybody_who_lacks_the_right_nothing_is_proven() -> None:
    tape = there()
    operator(tape)
    heard(tape)
    assert judged(tape)[0] == "unknown"
