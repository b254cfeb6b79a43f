"""Rows E5 and E6: in whose name somebody acts, and what a refusal tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from histories import ALICE, BOB, EPOCH, Tape, whole_run

from support.checks.authorization import (
    acted_as_self_only,
    existence_not_revealed,
    same_conversation,
)
from support.journal import facts

MALLORY = BOB
KEYS = ("code", "message", "request_id", "type")
RUN = "a run under way of Alice"


def refusal(given: str = "r-alice", **changed: Any) -> facts.Rejected:
    usual = {"code": "not_found", "message": f"there is no {given}", "keys": KEYS}
    return facts.Rejected(**{**usual, **changed})


def tries(
    tape: Tape,
    given: str,
    whose: str,
    answer: facts.Fact | None,
    *,
    after_s: float = 0.002,
    what: str = "run",
) -> None:
    """Mallory reaches for something and is answered after that long."""
    aim = facts.AccessAttempted(what=what, given=given, whose=whose)
    tape.says(MALLORY, facts.Cancelling(run_id=given), aim)
    tape.at += after_s
    if answer is not None:
        tape.hears(MALLORY, answer)


def rounds(count: int = 5, **alice: Any) -> Tape:
    """Mallory tries to cancel Alice's run and one that is made up, in turn."""
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(MALLORY)
    after_s = alice.pop("after_s", 0.002)
    for number in range(count):
        tries(tape, "r-alice", RUN, refusal(**alice), after_s=after_s)
        tries(tape, f"r-made{number}", "", refusal(f"r-made{number}"))
    return tape


def judged(tape: Tape, what: str = "run") -> tuple[str, str]:
    finding = existence_not_revealed(MALLORY, what, ("not_found",))(tape.history)
    return finding.state, finding.summary


# --- what a refusal tells


def test_refusals_that_are_alike_tell_nothing() -> None:
    assert judged(rounds())[0] == "passed"


@pytest.mark.parametrize(
    "changed",
    [
        {"message": "it belongs to somebody else"},
        {"keys": (*KEYS, "retryable")},
        {"keys": KEYS[:3]},
    ],
    ids=["other words", "a field more", "a field less"],
)
def test_a_refusal_that_is_another_tells(changed: dict[str, Any]) -> None:
    state, summary = judged(rounds(**changed))
    assert state == "failed"
    assert summary.startswith(f"{RUN} is distinguishable from one that does not exist")


def test_another_code_is_no_refusal_as_agreed() -> None:
    state, summary = judged(rounds(code="forbidden"))
    assert state == "failed"
    assert summary.startswith(f"{RUN} was not refused: error forbidden")


def test_no_answer_is_no_refusal() -> None:
    tape = rounds()
    tries(tape, "r-alice", RUN, None)
    assert judged(tape) == ("failed", f"{RUN} was not refused: no answer")


def test_an_answer_on_another_connection_is_none() -> None:
    tape = rounds()
    tries(tape, "r-alice", RUN, None)
    tape.connects(MALLORY)
    tape.hears(MALLORY, refusal())
    assert judged(tape)[0] == "failed"


def test_what_differs_from_one_refusal_to_the_next_tells_nothing() -> None:
    tape = rounds(count=1)
    tries(tape, "r-alice", RUN, refusal(message="no r-alice (incident 7f3a99c0d1)"))
    tries(tape, "r-made", "", refusal(message="no r-made (incident 00aa17b2)"))
    assert judged(tape)[0] == "passed"


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (("kXxfTq", "ZpqLmW", "QaRsVx", "hYNbCd"), "passed"),
        (("01JD2ZKXQW", "01JD2ZM7RT", "01JD2ZP0AV", "01JD2ZQ9BC"), "passed"),
        (("unknown", "of-Alice-s", "unknown", "of-Alice-s"), "failed"),
        (("kX9fTq", "of-Alice-s-run", "Qa7RsV", "of-Alice-s-run"), "failed"),
        (("aX", "bZ/kW (retry)", "cU", "dV (retry)"), "failed"),
    ],
    ids=["letters", "ULID", "a word", "another kind of word", "more words"],
)
def test_a_reference_that_is_new_each_time_tells_nothing(
    marks: Sequence[str], expected: str
) -> None:
    """In any alphabet, as long as those of what does not exist differ as well."""
    tape = rounds(count=0)
    for number, mark in enumerate(marks):
        given, whose = ("r-alice", RUN) if number % 2 else (f"r-made{number}", "")
        tries(tape, given, whose, refusal(message=f"no {given} (reference {mark})"))
    assert judged(tape)[0] == expected


def test_a_slower_refusal_tells() -> None:
    state, summary = judged(rounds(after_s=0.150))
    assert state == "failed"
    assert "is revealed by timing" in summary


def test_a_quicker_refusal_tells() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    for number in range(3):
        tries(tape, "r-alice", RUN, refusal())
        tries(tape, f"r-{number}", "", refusal(f"r-{number}"), after_s=0.2)
    assert judged(tape)[0] == "failed"


@pytest.mark.parametrize("after_s", [0.040, 0.005])
def test_a_little_slower_is_the_noise_of_a_busy_machine(after_s: float) -> None:
    assert judged(rounds(after_s=after_s))[0] == "passed"


def test_one_slow_refusal_of_many_tells_nothing() -> None:
    tape = rounds()
    tries(tape, "r-alice", RUN, refusal(), after_s=0.5)
    assert judged(tape)[0] == "passed"


def test_too_few_tries_tell_nothing_of_times() -> None:
    assert judged(rounds(count=2, after_s=0.5))[0] == "passed"


def test_a_stream_is_revealed_by_another_reason() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    answer = {"recovered": False, "first": 0, "last": 0, "count": 0}
    foreign = facts.Subscribed(**answer, reason="foreign")
    tries(tape, "e-alice", "the stream of Alice", foreign, what="stream")
    strange = facts.Subscribed(**answer, reason="unknown_epoch")
    tries(tape, "e-made", "", strange, what="stream")
    assert judged(tape, "stream")[0] == "failed"


def test_an_epoch_that_all_share_is_no_secret() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    mine = facts.Subscribed(recovered=True, first=0, last=0, count=0)
    tries(tape, EPOCH, "the stream of Alice", mine, what="stream")
    strange = facts.Subscribed(recovered=False, first=0, last=0, count=0, reason="unknown_epoch")
    tries(tape, "e-made", "", strange, what="stream")
    assert judged(tape, "stream")[0] == "passed"


def test_conversations_may_all_be_taken_for_new_ones() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    for name, whose in (("t-alice", "the conversation of Alice"), ("t-made", "")):
        answer = facts.Accepted(request_id="q", run_id="r", thread_id=name)
        tries(tape, name, whose, answer, what="conversation")
    assert judged(tape, "conversation")[0] == "passed"


def test_a_conversation_is_revealed_when_it_alone_is_accepted() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    taken = facts.Accepted(request_id="q", run_id="r", thread_id="t-alice")
    tries(tape, "t-alice", "the conversation of Alice", taken, what="conversation")
    tries(tape, "t-made", "", refusal("t-made"), what="conversation")
    assert judged(tape, "conversation")[0] == "failed"


def test_without_anything_made_up_nothing_can_be_compared() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    tries(tape, "r-alice", RUN, refusal())
    assert judged(tape)[0] == "unknown"


@pytest.mark.parametrize("ended", [True, False])
def test_a_run_must_be_under_way_to_show_that_it_cannot_be_cancelled(ended: bool) -> None:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(MALLORY)
    tape.asks(ALICE, "q-1", "r-alice")
    if ended:
        tape.event(ALICE, whole_run(ALICE, "r-alice")[-1])
    tries(tape, "r-alice", RUN, refusal())
    tries(tape, "r-made", "", refusal("r-made"))
    assert judged(tape)[0] == ("unknown" if ended else "passed")


def test_without_anything_real_nothing_was_tried() -> None:
    tape = Tape()
    tape.comes(MALLORY)
    tries(tape, "r-made", "", refusal("r-made"))
    assert judged(tape)[0] == "unknown"


# --- in whose name


def claims(tape: Tape, fact: facts.Fact) -> None:
    tape.says(MALLORY, fact, facts.IdentityClaimed(where="user_id"))


def at_work() -> Tape:
    tape = Tape()
    tape.comes(ALICE)
    tape.comes(MALLORY)
    tape.run(ALICE, "q-a", "r-a")
    return tape


def own(tape: Tape) -> tuple[str, str]:
    finding = acted_as_self_only(MALLORY, ALICE)(tape.history)
    return finding.state, finding.summary


def asks_in_their_name(tape: Tape, *, answered: bool) -> None:
    claims(tape, facts.Asked(request_id="q-m"))
    tape.hears(MALLORY, facts.Accepted(request_id="q-m", run_id="r-m", thread_id=f"t-{MALLORY}"))
    for event in whole_run(MALLORY, "r-m") if answered else ():
        tape.event(MALLORY, event)


def test_a_replay_of_ones_own_stream_is_no_second_run() -> None:
    """One epoch for everybody is lawful: to name Alice's is to name one's own."""
    tape = at_work()
    asks_in_their_name(tape, answered=True)
    for _ in range(2):
        tape.resumes(MALLORY, 0)
        for event in whole_run(MALLORY, "r-m"):
            tape.event(MALLORY, event)
    assert own(tape)[0] == "passed"
    for event in whole_run(MALLORY, "r-m"):  # nobody asked for these
        tape.event(MALLORY, event)
    assert own(tape)[0] == "failed"


def test_a_claim_that_is_ignored_is_answered_to_who_has_made_it() -> None:
    tape = at_work()
    asks_in_their_name(tape, answered=True)
    assert own(tape)[0] == "passed"


def test_a_claim_may_be_rejected() -> None:
    tape = at_work()
    claims(tape, facts.Asked(request_id="q-m"))
    tape.hears(MALLORY, facts.Rejected(code="invalid_message", message="?", request_id="q-m"))
    claims(tape, facts.Cancelling(run_id="r-a"))
    tape.hears(MALLORY, refusal())
    assert own(tape)[0] == "passed"


def test_a_claim_that_is_answered_to_the_victim_was_believed() -> None:
    tape = at_work()
    asks_in_their_name(tape, answered=False)
    for event in whole_run(ALICE, "r-m", first=tape.stream[ALICE] + 1):
        tape.event(ALICE, event)
    assert own(tape) == ("failed", "Alice received agent_started of a run of Bob's")


def test_a_claim_that_is_answered_to_nobody_is_not_ignored() -> None:
    tape = at_work()
    asks_in_their_name(tape, answered=False)
    state, summary = own(tape)
    assert state == "failed"
    assert summary.startswith("claimed in “user_id”, a question was not answered to Bob")


def test_a_cancel_in_another_name_must_be_refused() -> None:
    tape = at_work()
    claims(tape, facts.Cancelling(run_id="r-a"))
    assert own(tape) == ("failed", "claimed in “user_id”, a cancel was not refused")


def test_without_any_claim_nothing_is_known() -> None:
    assert own(at_work())[0] == "unknown"


# --- going on with a conversation


def goes_on(answer: facts.Fact | None) -> str:
    tape = Tape()
    tape.comes(ALICE)
    tape.says(ALICE, facts.Asked(request_id="q-1", thread_id="t-1"))
    if answer is not None:
        tape.hears(ALICE, answer)
    return same_conversation(ALICE)(tape.history).state


def test_a_conversation_goes_on_where_it_was() -> None:
    assert goes_on(facts.Accepted(request_id="q-1", run_id="r", thread_id="t-1")) == "passed"


def test_a_conversation_that_is_begun_anew_does_not_go_on() -> None:
    assert goes_on(facts.Accepted(request_id="q-1", run_id="r", thread_id="t-2")) == "failed"


def test_a_conversation_that_is_refused_does_not_go_on() -> None:
    assert goes_on(facts.Rejected(code="not_found", message="?", request_id="q-1")) == "failed"
    assert goes_on(None) == "failed"
