"""The proof that every scenario can fail: scenario × defect, through the real behave command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from broken_client import client_catalogue
from case import Case
from catalogue import CASES, PROVEN_ELSEWHERE, USED_ELSEWHERE
from gates import ATTEMPTS, LATE, ROOT, RUN_S, Ran, behave

from support.config.requirements import TITLES
from support.journal.facts import REQUIRED_EVENTS
from support.reference.defects import catalogue
from support.run.requirements import scenarios_by_row

#: A defect that keeps people waiting is caught at the deadline: no need for a long one.
IMPATIENT = ("-Dpatience.answer_s=3", "-Dpatience.fence_s=3")
DEFECTS = sorted({case.defect for case in CASES})
RUNS = sorted({(case.defect, case.environment) for case in CASES})
#: These are built into the suite's own client, all others into the reference service.
OF_THE_CLIENT = {defect.name for defect in client_catalogue()}


@pytest.mark.parametrize(("defect", "environment"), RUNS, ids=[f"{d}-{e}" for d, e in RUNS])
def test_scenarios_fail_on_their_defect_for_the_right_reason(
    defect: str, environment: str, tmp_path: Path
) -> None:
    cases = [c for c in CASES if (c.defect, c.environment) == (defect, environment)]
    names = [f"--name=^{re.escape(case.scenario)}" for case in cases]
    flags = [flag for case in cases for flag in case.flags]
    arguments = (f"-Denvironment={environment}", *IMPATIENT, *flags, *names)
    for attempt in range(ATTEMPTS):
        ran = with_defect(defect, tmp_path / str(attempt), *arguments)
        if not any(machine_was_late(case, ran) for case in cases):
            break
    for case in cases:
        outcome = ran.ended[case.scenario]
        assert outcome["status"] == "failed", (case, outcome)
        assert case.is_reason_of(outcome["reason"]), (case, outcome["reason"])
    assert ran.status != 0


def with_defect(defect: str, reports: Path, *arguments: str) -> Ran:
    """A run with that defect, wherever it is built in."""
    if defect in OF_THE_CLIENT:
        return behave(reports, *arguments, command=("tests/matrix/broken_client.py", defect))
    return behave(reports, f"-Ddefect={defect}", *arguments)


def machine_was_late(case: Case, ran: Ran) -> bool:
    """True where the run says itself that this machine was too busy for what it measures.

    So is it where a scenario was skipped that others pass or fail: what it needs came too late.
    """
    outcome = ran.ended[case.scenario]
    if outcome["status"] == "skipped":
        return True
    failed = outcome["status"] == "failed" and not case.is_reason_of(outcome["reason"])
    return failed and outcome["cause"] in LATE


@pytest.mark.early
@pytest.mark.light
@pytest.mark.timeout(ATTEMPTS * RUN_S)
@pytest.mark.xdist_group("healthy")
def test_the_healthy_service_passes_the_whole_gate(healthy_gate: Ran) -> None:
    others = {o["name"]: o["status"] for o in healthy_gate.scenarios if o["status"] != "passed"}
    expected = 0, dict.fromkeys(PROVEN_ELSEWHERE, "skipped")
    assert (healthy_gate.status, others) == expected, healthy_gate.output[-3000:]
    assert "APPROVED" in healthy_gate.output


def test_every_scenario_has_a_defect_that_it_catches() -> None:
    proven = {case.scenario for case in CASES}
    scenarios = {name for names in scenarios_by_row(ROOT / "features").values() for name in names}
    assert proven & set(PROVEN_ELSEWHERE) == set()
    assert scenarios - proven == set(PROVEN_ELSEWHERE)
    assert proven - scenarios == set()


@pytest.mark.parametrize(("what", "file"), [*PROVEN_ELSEWHERE.items(), *USED_ELSEWHERE.items()])
def test_what_is_proven_elsewhere_is_named_there(what: str, file: str) -> None:
    assert f'"{what}"' in (ROOT / "tests" / file).read_text("utf-8")


def test_every_defect_is_caught_by_a_scenario_or_a_test() -> None:
    names = {defect.name for defect in catalogue()} | OF_THE_CLIENT
    assert set(DEFECTS) | set(USED_ELSEWHERE) == names
    assert set(DEFECTS) & set(USED_ELSEWHERE) == set()


def test_every_row_that_a_tag_or_a_defect_claims_exists() -> None:
    claimed = set(scenarios_by_row(ROOT / "features"))
    claimed |= {row for defect in catalogue() for row in defect.rows}
    claimed |= {row for defect in client_catalogue() for row in defect.rows}
    assert claimed - set(TITLES) == set()


def test_the_outlines_of_drops_have_every_event_that_a_run_must_have() -> None:
    text = (ROOT / "features/resilience/recovery.feature").read_text("utf-8")
    tables = text.split("Examples: every event of a run")[1:]
    for table in tables:
        assert re.findall(r'\| "(\w+)"', table.split("@H2")[0]) == list(REQUIRED_EVENTS)
    assert len(tables) == 2


def test_cases_name_each_pair_once() -> None:
    pairs = [(case.defect, case.scenario, case.environment) for case in CASES]
    assert len(pairs) == len(set(pairs))


def test_a_case_is_plain_data() -> None:
    assert all(isinstance(case, Case) and case.reason for case in CASES)
