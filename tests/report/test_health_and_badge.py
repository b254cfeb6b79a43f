"""The score for the badge, and the badge: neither ever looks better than the decision."""

from __future__ import annotations

from typing import get_args
from xml.etree import ElementTree as Xml

import hypothesis.strategies as st
import pytest
from hypothesis import given
from report_samples import CRITERIA, outcome, verdict

from support.approval.model import CriterionResult, Decision, State, Status
from support.report.badge import COLOURS, badge
from support.report.health import LEVELS, UNKNOWN, Health, health, level

PASSED = outcome()


def criterion(state: State, name: str = "latency", **what: object) -> CriterionResult:
    usual = {"name": name, "title": name, "state": state, "measured": "1", "limit": "2"}
    return CriterionResult(**{**usual, **what})  # type: ignore[arg-type]


def test_an_approved_run_of_which_everything_passed_is_excellent() -> None:
    assert health(verdict("APPROVED"), [PASSED]) == Health(score=100, level="Excellent")


def test_what_was_left_out_lowers_the_score_of_an_approved_run() -> None:
    found = health(verdict("APPROVED"), [PASSED] * 3 + [outcome(status="skipped")])
    assert found == Health(score=85, level="Good")


def test_a_rejected_run_is_degraded_at_best() -> None:
    judged = verdict("REJECTED", criteria=(*CRITERIA[:1] * 99, criterion("fail")))
    assert health(judged, [PASSED] * 999) == Health(score=69, level="Degraded")


def test_a_leak_between_users_is_critical_whatever_else_passed() -> None:
    judged = verdict("REJECTED", criteria=(*CRITERIA[:1] * 99, criterion("fail", "user_isolation")))
    assert health(judged, [PASSED] * 999) == Health(score=49, level="Critical")


def test_a_criterion_that_is_not_required_counts_for_nothing() -> None:
    waived = criterion("waived", required=False)
    assert health(verdict("APPROVED", criteria=(CRITERIA[0], waived)), [PASSED]).score == 100


@pytest.mark.parametrize("status", ["not_run", "skipped", "broken"])
def test_where_nothing_was_shown_there_is_no_score(status: Status) -> None:
    assert health(verdict("INCONCLUSIVE"), [outcome(status=status)]).score is None


def test_a_rehearsal_has_no_score() -> None:
    assert health(verdict("NO DECISION"), [PASSED]) == Health(score=None, level=UNKNOWN)


def test_a_load_has_no_score_and_a_badge_that_speaks_of_no_approval() -> None:
    held = verdict("APPROVED", load_alone=True)
    found = health(held, [PASSED])
    assert found == Health(score=None, level=UNKNOWN)
    picture = badge(held, found)
    assert "✔ LOAD HELD · no score" in picture
    assert "APPROVED" not in picture
    assert COLOURS["Unknown"] in picture


def test_the_badge_of_a_single_user_says_so() -> None:
    alone = verdict("APPROVED", criteria=(criterion("waived", "user_isolation", required=False),))
    assert "✔ APPROVED for a single user · " in badge(alone, Health(score=98, level="Excellent"))


def test_evidence_with_holes_gives_no_score() -> None:
    assert health(verdict("INCONCLUSIVE"), [PASSED], whole=False).level == UNKNOWN


def test_nothing_selected_and_nothing_judged_give_no_score() -> None:
    assert health(verdict("INCONCLUSIVE"), []).score is None
    assert health(verdict("INCONCLUSIVE", criteria=()), [PASSED]).score is None


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (100, "Excellent"),
        (95, "Excellent"),
        (94, "Good"),
        (85, "Good"),
        (84, "Fair"),
        (70, "Fair"),
        (69, "Degraded"),
        (50, "Degraded"),
        (49, "Critical"),
        (0, "Critical"),
    ],
)
def test_levels_begin_where_they_should(score: int, word: str) -> None:
    assert level(score) == word


@given(
    st.sampled_from(get_args(Decision)),
    st.lists(st.sampled_from(get_args(Status)), max_size=8),
    st.lists(st.sampled_from(get_args(State)), max_size=5),
)
def test_only_an_approved_run_is_better_than_degraded(
    decision: Decision, statuses: list[Status], states: list[State]
) -> None:
    judged = verdict(decision, criteria=tuple(criterion(state) for state in states))
    found = health(judged, [outcome(status=status) for status in statuses])
    assert found.score is None or 0 <= found.score <= (100 if decision == "APPROVED" else 69)
    assert (found.score is None) is (found.level == UNKNOWN)


@pytest.mark.parametrize("decision", get_args(Decision))
@pytest.mark.parametrize("word", [name for _, name in LEVELS])
def test_the_badge_says_decision_score_and_level_in_words(decision: Decision, word: str) -> None:
    picture = Xml.fromstring(badge(verdict(decision), Health(score=60, level=word)))
    said = "".join(t.text or "" for t in picture.iter("{http://www.w3.org/2000/svg}text"))
    assert f"{decision} · 60 {word}" in said
    assert decision in picture.attrib["aria-label"]


def test_a_badge_never_looks_better_than_its_decision() -> None:
    best = Health(score=69, level="Degraded")
    assert COLOURS["Critical"] in badge(verdict("REJECTED"), best)
    assert COLOURS["Degraded"] in badge(verdict("INCONCLUSIVE"), Health(score=60, level="Good"))
    assert COLOURS["Unknown"] in badge(verdict("NO DECISION"), Health(score=99, level="Good"))
    assert COLOURS["Excellent"] in badge(verdict("APPROVED"), Health(score=98, level="Excellent"))


def test_a_badge_without_a_score_says_so() -> None:
    assert "no score" in badge(verdict("INCONCLUSIVE"), Health(score=None, level=UNKNOWN))


def test_a_badge_fetches_nothing() -> None:
    picture = badge(verdict(), Health(score=1, level="Critical"))
    assert "href" not in picture
    assert picture.count("http") == 1  # the name space


@pytest.mark.parametrize("colour", COLOURS.values())
def test_white_letters_can_be_read_on_every_colour(colour: str) -> None:
    """WCAG 2.2, contrast (minimum): 4.5 : 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5
