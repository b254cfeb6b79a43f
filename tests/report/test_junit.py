"""JUnit XML: well-formed whatever the names, and of one mind with the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as Xml

import hypothesis.strategies as st
import pytest
from finished_samples import GUARD, LENIENT, outcomes, tape
from hypothesis import given, settings
from report_samples import outcome, verdict

from support.approval import Outcome, Outcomes, judge
from support.approval.model import LOAD_COMMAND, Status
from support.report.junit import DECISION, junit


def document(given: Outcomes) -> Xml.Element:
    return Xml.fromstring(junit(judge(given, tape().history, LENIENT), given))


def case(name: str, root: Xml.Element) -> Xml.Element:
    found = [c for c in root.iter("testcase") if c.get("name") == name]
    assert len(found) == 1
    return found[0]


def test_an_approved_run_has_neither_failures_nor_errors() -> None:
    root = document(outcomes())
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert [suite.get("name") for suite in root] == ["Privacy", DECISION]
    alone = case("Alice and Bob", root)
    assert alone.get("classname") == "features.security.privacy"
    assert alone.get("file") == "features/security/privacy.feature"
    assert (alone.get("line"), alone.get("time"), len(alone)) == ("3", "0.250", 0)


@pytest.mark.parametrize(
    ("status", "tag"),
    [("failed", "failure"), ("broken", "error"), ("not_run", "error"), ("skipped", "skipped")],
)
def test_each_end_of_a_scenario_has_its_element(status: Status, tag: str) -> None:
    reason = "Then it is so\nbut: it is not"
    root = document(outcomes(GUARD, outcome(name="Other", status=status, reason=reason)))
    (said,) = case("Other", root)
    assert said.tag == tag
    assert said.get("message") == "Then it is so"
    assert said.text == reason


def test_suites_are_features_and_counts_are_sums() -> None:
    failed = outcome(id="x", name="Other", status="failed")
    root = document(outcomes(GUARD, outcome(), failed))
    assert [suite.get("tests") for suite in root][:2] == ["1", "2"]
    assert root.find("testsuite[@name='Talking']").get("failures") == "1"  # type: ignore[union-attr]
    for count in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(count, "")) == sum(int(suite.get(count, "")) for suite in root)
    assert int(root.get("tests", "")) == len(list(root.iter("testcase")))


def test_a_criterion_that_is_not_met_fails_although_every_scenario_passed() -> None:
    strict = LENIENT.model_copy(update={"leave_out": (), "average_latency_ms": 0.000_1})
    given = outcomes()
    root = Xml.fromstring(junit(judge(given, tape().history, strict), given))
    assert int(root.get("failures", "")) + int(root.get("errors", "")) == 1
    (said,) = case("INCONCLUSIVE", root)
    assert "Average event latency" in str(said.text)


def test_tests_are_the_selected_scenarios_and_one_case_where_the_build_is_not_approved() -> None:
    approved = document(outcomes(GUARD, outcome(name="Elsewhere", selected=False)))
    assert (approved.get("tests"), approved.get("skipped")) == ("1", "0")
    rejected = document(outcomes(GUARD, outcome(name="Other", status="failed")))
    assert rejected.get("tests") == "3"
    assert case("REJECTED", rejected).get("line") is None


def test_criteria_are_properties_and_no_tests() -> None:
    told = {p.get("name"): p.get("value") for p in document(outcomes()).iter("property")}
    assert told["decision"] == "APPROVED"
    assert str(told["criterion user_isolation"]).startswith("pass: ")


def test_a_load_that_was_held_is_told_from_an_approved_build() -> None:
    for run, load_held in ((outcomes(), "false"), (outcomes(command=LOAD_COMMAND), "true")):
        told = {p.get("name"): p.get("value") for p in document(run).iter("property")}
        assert (told["decision"], told["load_held"]) == ("APPROVED", load_held)


def test_what_was_not_selected_is_not_there() -> None:
    root = document(outcomes(GUARD, outcome(name="Elsewhere", selected=False)))
    assert "Elsewhere" not in {c.get("name") for c in root.iter("testcase")}


@settings(max_examples=150)
@given(
    st.booleans(),
    st.lists(st.sampled_from(get_args(Status)), max_size=4),
    st.sampled_from(["", "The deployment was lost."]),
    st.sampled_from([[], ["The hook broke."]]),
    st.booleans(),
)
def test_a_reader_of_junit_comes_to_the_same_decision(
    gate: bool, statuses: list[Status], aborted: str, harness: list[str], whole: bool
) -> None:
    scenarios = [
        outcome(id=f"i{n}", name=f"n{n}", category="security", critical=True, status=status)
        for n, status in enumerate(statuses)
    ]
    given = outcomes(
        GUARD, *scenarios, gate=gate, aborted=aborted, harness_errors=harness, journal_whole=whole
    )
    judged = judge(given, tape().history, LENIENT)
    root = Xml.fromstring(junit(judged, given))
    wrong = int(root.get("failures", "")) + int(root.get("errors", ""))
    if gate:
        assert (wrong == 0) is judged.approved
        assert (int(root.get("failures", "")) > 0) is (judged.decision == "REJECTED")
    else:
        bad = any(s in ("failed", "broken", "not_run") for s in statuses)
        assert (wrong > 0) is (bad or bool(aborted) or bool(harness))


HOSTILE = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("<>&\"']]>\x00\x0b\ud800\ufffe")),
    max_size=40,
)


@settings(max_examples=150)
@given(HOSTILE, HOSTILE)
def test_no_text_can_break_the_document(name: str, reason: str) -> None:
    hostile: list[Outcome] = [
        outcome(id=f"i{n}", name=name, feature=name, path=name, status=status, reason=reason)
        for n, status in enumerate(get_args(Status))
    ]
    given = outcomes(*hostile, harness_errors=[reason], aborted=reason)
    root = Xml.fromstring(junit(verdict(reasons=(reason,)), given))
    assert len(root.findall(".//testcase[@line]")) == len(hostile)


def test_secrets_are_masked(tmp_path: Path) -> None:
    failed = outcome(status="failed", reason="Authorization: Bearer abcdefghijklmnop")
    given = outcomes(failed)
    assert b"abcdefghijklmnop" not in junit(verdict(), given)
