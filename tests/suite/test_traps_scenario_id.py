"""Exit status, verdict and Allure agree, also when somebody tampers with the results (row R3)."""

from __future__ import annotations

import pytest
from throwaway import GOOD, Suite, agree

LOST = """
    import pathlib
    def after_all(context):
        for result in pathlib.Path(context.session.run_dir).glob("allure-results/*-result.json"):
            {what}
"""


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("result.unlink()", "has no result in the report instead of one"),
        ("result.write_text('{')", "has no result in the report instead of one"),
        (
            "result.with_name('copy-result.json').write_text(result.read_text())",
            "has 2 results in the report instead of one",
        ),
        (
            "result.write_text(result.read_text().replace('passed', 'failed'))",
            "is failed in the report, but passed when it was run",
        ),
    ],
    ids=["missing", "damaged", "doubled", "altered"],
)
def test_a_result_that_disagrees_makes_the_gate_inconclusive(
    suite: Suite, what: str, reason: str
) -> None:
    suite.hooks(LOST.format(what=what))
    ran = suite.run("--tags=@critical")
    agree(ran, "INCONCLUSIVE")
    assert f"“{GOOD}” (features/security/isolation.feature:4) {reason}" in ran.reasons


def test_a_rehearsal_whose_records_disagree_does_not_exit_0(suite: Suite) -> None:
    suite.scenario("all is well")
    suite.hooks(LOST.format(what="result.unlink()"))
    ran = suite.run("--tags=@functional")
    agree(ran, "NO DECISION")
    assert "has no result in the report" in ran.reasons
    assert ran.code != 0


def test_a_failing_scenario_is_rejected_although_its_result_was_made_to_look_passed(
    suite: Suite,
) -> None:
    suite.scenario("it goes wrong")
    suite.hooks(
        LOST.format(what="result.write_text(result.read_text().replace('failed','passed'))")
    )
    ran = suite.run("--tags=@critical")
    agree(ran, "REJECTED")
    assert "The trap" in ran.reasons
