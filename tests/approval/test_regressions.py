"""The seven known regressions: held, broken, or not assessed, and never held on nothing."""

from __future__ import annotations

import msgspec
import pytest
from evidence import outcome, outcomes, verdict

from support.approval import Outcome, Regression, Verdict, regressions
from support.approval.regressions import KNOWN, TAG

SEVEN = (
    "handshake_403",
    "secret_synchronisation",
    "load_balancer_timeout",
    "isolation",
    "missing_agent_events",
    "connection_leak",
    "token_refresh",
)


def guard(name: str, number: int = 1, **what: object) -> Outcome:
    given = {"id": f"g{number}", "name": f"Guard {number}", "tags": ("critical", TAG + name)}
    return outcome("resilience", **{**given, **what})


def found(name: str, *guards: Outcome, judged: Verdict | None = None) -> Regression:
    every = regressions(judged or verdict(outcomes()), guards)
    assert [one.name for one in every] == list(SEVEN)
    return next(one for one in every if one.name == name)


def test_the_seven_are_known_by_name() -> None:
    assert tuple(KNOWN) == SEVEN


@pytest.mark.parametrize("name", SEVEN)
def test_one_that_no_scenario_guards_is_not_assessed(name: str) -> None:
    assert found(name).state == "not assessed"
    assert found(name, guard("another")).why == "No scenario of this run guards it."


@pytest.mark.parametrize("name", SEVEN)
def test_one_is_held_when_its_guards_passed(name: str) -> None:
    one = found(name, guard(name), guard(name, 2))
    assert (one.state, one.guards, one.why) == ("held", ("Guard 1", "Guard 2"), "")


@pytest.mark.parametrize("name", SEVEN)
def test_one_guard_that_failed_breaks_it(name: str) -> None:
    one = found(name, guard(name), guard(name, 2, status="failed", reason="Then it is so\nno"))
    assert (one.state, one.why) == ("broken", "“Guard 2” failed.")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("broken", "could not be carried out"),
        ("not_run", "never ran"),
        ("skipped", "was skipped: the deployment tells no metrics"),
    ],
)
def test_a_guard_that_showed_nothing_leaves_it_open(status: str, words: str) -> None:
    one = found("connection_leak", guard("connection_leak", status=status, reason=WHY))
    assert one.state == "not assessed"
    assert words in one.why


WHY = "the deployment tells no metrics"


def test_a_guard_skipped_beside_one_that_passed_leaves_it_held() -> None:
    skipped = guard("isolation", 2, status="skipped", reason=WHY)
    assert found("isolation", guard("isolation"), skipped).state == "held"


def test_a_guard_that_never_ran_beside_one_that_passed_leaves_it_open() -> None:
    missing = guard("isolation", 2, status="not_run")
    assert found("isolation", guard("isolation"), missing).state == "not assessed"


def test_a_scenario_that_was_not_selected_guards_nothing() -> None:
    assert found("isolation", guard("isolation", selected=False)).state == "not assessed"


@pytest.mark.parametrize(
    ("name", "criterion"),
    [("isolation", "user_isolation"), ("missing_agent_events", "event_delivery")],
)
def test_what_a_criterion_saw_anywhere_counts_although_the_guard_passed(
    name: str, criterion: str
) -> None:
    judged = verdict(outcomes())
    worse = tuple(
        msgspec.structs.replace(c, state="fail", reason="Bob saw it.") if c.name == criterion else c
        for c in judged.criteria
    )
    judged = msgspec.structs.replace(judged, criteria=worse)
    one = found(name, guard(name), judged=judged)
    assert (one.state, one.why) == ("broken", "Bob saw it.")


def test_a_guard_that_failed_for_something_else_shows_nothing_about_it() -> None:
    leak = "isolation violation: 1 leak; Bob received the secret of Alice"
    seen = {"status": "failed", "reason": leak, "invariants": ("isolation violation",)}
    other = found("connection_leak", guard("connection_leak", **seen))
    assert other.state == "not assessed"
    assert other.why == "“Guard 1” failed for something else: isolation violation."
    assert found("isolation", guard("isolation", **seen)).state == "broken"


def test_words_that_look_like_something_else_are_not_believed() -> None:
    reason = "isolation violation: so they say"
    one = found("connection_leak", guard("connection_leak", status="failed", reason=reason))
    assert one.state == "broken"
