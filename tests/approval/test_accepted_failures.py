"""Known failures: accepted by name, owner, reason and end, and never where it would harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from evidence import SMALL, criterion, outcome, outcomes, tape_of, verdict
from histories import ALICE
from pydantic import ValidationError

from support.approval import Outcome, Verdict
from support.config import Policy
from support.report.render import decision_html, decision_markdown
from support.report.view import view_of

DAY = datetime.fromtimestamp(outcomes().finished, UTC).date()
NAME = outcome().name
KNOWN: dict[str, Any] = {
    "scenario": NAME,
    "owner": "maria@example.test",
    "reason": "CHAT-123",
    "expires": DAY + timedelta(days=9),
}


def decided(*known: dict[str, Any], **changed: Any) -> Verdict:
    """The verdict on a run of which only the functional scenario failed; another one passed."""
    failing = outcome(**{"status": "failed", "reason": "it never came", **changed})
    others = [o for o in outcomes().scenarios if o.id != failing.id]
    extra = outcome(id="id-more", name="One more")
    policy = Policy(**{**SMALL.model_dump(), "accepted_failures": known})
    return verdict(outcomes(failing, *others, extra), policy=policy)


def states(found: Verdict) -> list[str]:
    return [known.state for known in found.accepted]


def test_a_failure_is_a_rejection_until_it_is_accepted() -> None:
    assert decided().decision == "REJECTED"
    found = decided(KNOWN)
    assert (found.decision, states(found)) == ("APPROVED", ["accepted"])
    assert "1 failed as known, which was accepted" in found.reasons[0]
    assert found.accepted[0].failure == "it never came"


def test_it_stands_first_on_every_page() -> None:
    found = decided(KNOWN)
    for page in (decision_html(view_of(found)), decision_markdown(view_of(found))):
        first, shown = page.rindex("Known failures"), page.rindex("What was shown")
        assert first < shown
        for said in ("accepted", NAME, "CHAT-123", "expires 20"):
            assert said in page[first:shown]


@pytest.mark.parametrize(
    ("days", "decision", "state"), [(-1, "REJECTED", "expired"), (0, "APPROVED", "accepted")]
)
def test_it_counts_until_the_end_of_its_last_day(days: int, decision: str, state: str) -> None:
    found = decided({**KNOWN, "expires": DAY + timedelta(days=days)})
    assert (found.decision, states(found)) == (decision, [state])


def test_an_approval_ends_with_what_was_accepted_for_it() -> None:
    today = decided({**KNOWN, "expires": DAY})
    end = datetime.fromtimestamp(today.valid_until, UTC)
    assert (end.date(), end.hour, end.minute) == (DAY, 23, 59)
    assert decided(KNOWN).valid_until == outcomes().finished + 24 * 3600


@pytest.mark.parametrize(
    "harm",
    [
        {"rows": ("E1",)},
        {"rows": ("A1", "F2")},
        {"tags": ("critical", "isolation")},
        {"tags": ("critical", "regression.token_refresh")},
        {"invariants": ("isolation violation",)},
    ],
    ids=str,
)
def test_what_concerns_isolation_or_authentication_is_never_accepted(harm: dict[str, Any]) -> None:
    found = decided(KNOWN, **harm)
    assert (found.decision, states(found)) == ("REJECTED", ["never accepted"])


def test_one_that_no_longer_fails_is_said() -> None:
    found = decided(KNOWN, status="passed", reason="")
    assert (found.decision, states(found)) == ("APPROVED", ["no longer fails"])


def test_one_that_is_not_in_the_run_or_not_alone_accepts_nothing() -> None:
    assert states(decided({**KNOWN, "scenario": "Another"})) == ["not in this run"]
    twin: Callable[[str], Outcome] = lambda feature: outcome(  # noqa: E731
        id=feature, feature=feature, status="failed"
    )
    rest = outcomes().scenarios[1:]
    for feature, state in (("", "ambiguous"), ("One", "accepted"), ("Three", "not in this run")):
        policy = Policy(
            **{**SMALL.model_dump(), "accepted_failures": [{**KNOWN, "feature": feature}]}
        )
        found = verdict(outcomes(twin("One"), twin("Two"), *rest), policy=policy)
        assert (found.decision, states(found)) == ("REJECTED", [state])


@pytest.mark.parametrize("status", ["broken", "skipped", "not_run"])
def test_only_a_failure_can_be_accepted(status: str) -> None:
    found = decided(KNOWN, status=status)
    assert states(found) == ["not assessed"]


def test_other_failures_are_no_better_for_it() -> None:
    other = {**KNOWN, "scenario": "One more"}
    found = decided(other)
    assert (found.decision, states(found)) == ("REJECTED", ["no longer fails"])


@pytest.mark.parametrize(
    ("leak", "known", "state"),
    [(False, False, "fail"), (False, True, "pass"), (True, True, "fail")],
    ids=["a gap", "a known gap", "a leak in a known failure"],
)
def test_what_the_known_failure_shows_is_known_but_never_a_leak(
    leak: bool, known: bool, state: str
) -> None:
    given = outcomes(outcome(status="failed"), *outcomes().scenarios[1:])
    tape = tape_of(given)
    tape.scenario, dora = "s01", "s01/Dora"
    tape.comes(dora)
    tape.stream[dora] += 0 if leak else 1
    tape.run(dora, "q-d", "r-d")
    if leak:
        tape.hears(dora, mentions=(f"canary:{ALICE}",))
    policy = Policy(**{**SMALL.model_dump(), "accepted_failures": [KNOWN] if known else []})
    found = criterion("failure_patterns", given, tape, policy)
    assert found.state == state, found


@pytest.mark.parametrize("field", list(KNOWN))
def test_name_owner_reason_and_end_are_all_needed(field: str) -> None:
    with pytest.raises(ValidationError):
        Policy(accepted_failures=[{k: v for k, v in KNOWN.items() if k != field}])
    with pytest.raises(ValidationError):
        Policy(accepted_failures=[{**KNOWN, field: "  "}])


def test_it_survives_the_way_through_the_bundle() -> None:
    policy = Policy(accepted_failures=[{**KNOWN, "expires": date(9999, 12, 31)}])
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
