"""Tokens for their owners, and for nobody else."""

from __future__ import annotations

from typing import Any

from histories import ALICE, Tape, answer_of, id_of

from support.checks.accounts import has_account, refreshed, sign_in_still_works, tokens_denied
from support.journal import records

MALLORY = "s01/Mallory"
MEANS = "a wrong password"


def answered(tape: Tape, user: str, call: str, *, granted: bool, **what: Any) -> None:
    status = 200 if granted else 401
    usual = {"status": status, "detail": f"HTTP {status}", "agreed": not granted}
    tape.add(records.AuthAnswer, user=user, call=call, granted=granted, **{**usual, **what})


def tried(tape: Tape, *, granted: bool = False, call: str = "sign_in", **what: Any) -> None:
    answered(tape, MALLORY, call, granted=granted, expect="refused", means=MEANS, **what)


def with_account() -> Tape:
    tape = Tape()
    tape.signs_in(ALICE)
    return tape


def test_who_signed_in_has_an_account() -> None:
    assert has_account(ALICE)(with_account().history).ok


def test_who_got_no_token_has_none() -> None:
    tape = Tape()
    tape.signs_in(ALICE, ok=False)
    assert has_account(ALICE)(tape.history).state == "failed"


def test_two_people_with_one_id_have_no_accounts_of_their_own() -> None:
    tape = with_account()
    tape.signs_in(MALLORY, id_of(ALICE))
    said = "the sign-in service gave them and Alice the same user id"
    assert answer_of(has_account(MALLORY)(tape.history)) == ("failed", said)


def refresh(**what: Any) -> tuple[str, str]:
    tape = with_account()
    answered(tape, ALICE, "refresh", **{"granted": True, "another": True, **what})
    return answer_of(refreshed(ALICE)(tape.history))


def test_a_refresh_gives_another_token_of_the_same_user() -> None:
    assert refresh(same_user=True)[0] == "passed"


def test_the_owner_of_a_token_need_not_be_known() -> None:
    assert refresh(same_user=None)[0] == "passed"


def test_a_refresh_that_is_rejected_fails() -> None:
    assert refresh(granted=False) == ("failed", "the refresh failed: HTTP 401")


def test_the_old_token_is_no_new_one() -> None:
    assert refresh(another=False) == ("failed", "the refresh gave the old token back")


def test_somebody_elses_token_is_no_new_one() -> None:
    assert refresh(same_user=False) == ("failed", "the refreshed token is somebody else's")


def test_a_refreshed_token_allows_no_more_than_the_old_one() -> None:
    said = "the refreshed token allows more than the old one: operator"
    assert refresh(gained=("operator",)) == ("failed", said)
    many = "the refreshed token allows more than the old one: a b c and 2 more"
    assert refresh(gained=("a", "b", "c", "d", "e")) == ("failed", many)


def test_what_is_expected_of_scopes_is_said_where_they_are_wrong() -> None:
    tape = with_account()
    answered(tape, ALICE, "refresh", granted=True, another=True, gained=("operator",))
    assert refreshed(ALICE)(tape.history).expected == ("no scope that the old token had not",)


def test_that_scopes_could_not_be_compared_is_said() -> None:
    assert refresh(gained=()) == ("passed", "1 refreshed")
    assert refresh(gained=None) == ("passed", "1 refreshed, scopes not readable")


def test_a_token_lasts_at_least_as_long_as_announced() -> None:
    assert refresh(lasts_s=901, announced_s=900)[0] == "passed"
    said = "the refreshed token lasts 900 s, and 900000 s were announced"
    assert refresh(lasts_s=900, announced_s=900_000) == ("failed", said)
    assert refresh(lasts_s=850, announced_s=900)[0] == "failed"
    assert refresh(lasts_s=3600, announced_s=900)[0] == "passed"
    assert refresh(lasts_s=0) == ("failed", "the refreshed token ends before it is issued")


def test_how_long_a_token_lasts_need_not_be_announced() -> None:
    assert refresh(lasts_s=900)[0] == refresh(announced_s=900)[0] == "passed"


def test_where_nothing_was_refreshed_nothing_is_known() -> None:
    assert refreshed(ALICE)(with_account().history).state == "unknown"


def test_a_rejected_user_gets_nothing() -> None:
    tape = with_account()
    tried(tape)
    assert tokens_denied(MALLORY, ALICE)(tape.history).ok


def test_who_gets_tokens_is_not_turned_away() -> None:
    tape = with_account()
    tried(tape, granted=True)
    finding = tokens_denied(MALLORY, ALICE)(tape.history)
    assert answer_of(finding) == ("failed", f"{MEANS} was accepted: HTTP 200")


def test_tokens_are_tokens_under_whatever_status() -> None:
    tape = with_account()
    tried(tape, granted=True, status=401, agreed=True)
    assert tokens_denied(MALLORY, ALICE)(tape.history).state == "failed"


def test_another_refusal_than_the_agreed_one_fails() -> None:
    tape = with_account()
    tried(tape, status=500, detail="HTTP 500", agreed=False)
    finding = tokens_denied(MALLORY, ALICE)(tape.history)
    assert answer_of(finding) == ("failed", f"{MEANS} was not rejected as documented: HTTP 500")


def test_a_refresh_that_no_honest_one_went_before_proves_nothing() -> None:
    tape = with_account()
    tried(tape, call="refresh")
    assert tokens_denied(MALLORY, ALICE)(tape.history).state == "unknown"
    tape = with_account()
    answered(tape, ALICE, "refresh", granted=False)
    tried(tape, call="refresh")
    assert tokens_denied(MALLORY, ALICE)(tape.history).state == "unknown"


def test_after_an_honest_refresh_a_refusal_counts() -> None:
    tape = with_account()
    answered(tape, ALICE, "refresh", granted=True)
    tried(tape, call="refresh")
    assert tokens_denied(MALLORY, ALICE)(tape.history).ok


def test_an_honest_refresh_that_gives_somebody_elses_token_fails() -> None:
    tape = with_account()
    answered(tape, ALICE, "refresh", granted=True, same_user=False)
    tried(tape, call="refresh")
    assert tokens_denied(MALLORY, ALICE)(tape.history).state == "failed"


def test_who_signs_in_after_all_others_still_can() -> None:
    tape = with_account()
    tried(tape)
    answered(tape, ALICE, "sign_in", granted=True, same_user=True)
    assert sign_in_still_works(ALICE)(tape.history).ok


def test_who_signed_in_before_the_others_tried_proves_nothing() -> None:
    tape = with_account()
    answered(tape, ALICE, "sign_in", granted=True)
    tried(tape)
    assert sign_in_still_works(ALICE)(tape.history).state == "unknown"


def test_who_is_locked_out_cannot_sign_in() -> None:
    tape = with_account()
    tried(tape)
    answered(tape, ALICE, "sign_in", granted=False)
    assert answer_of(sign_in_still_works(ALICE)(tape.history)) == (
        "failed",
        "signing in failed: HTTP 401",
    )
