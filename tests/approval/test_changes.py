"""Scenarios against how they ended before: for people, and without a say in the decision."""

from __future__ import annotations

from pathlib import Path

import msgspec
from evidence import outcome, outcomes, verdict

from support.approval import Outcomes, PreviousRun
from support.approval.changes import previous_run, remember_results
from support.config.environment import REFERENCE_NAME


def of(before: PreviousRun | None = None, gate: bool = True, **statuses: str) -> Outcomes:
    given = outcomes()
    scenarios = [outcome(id=i, name=i, status=status) for i, status in statuses.items()]
    return msgspec.structs.replace(
        given, scenarios=[*given.scenarios, *scenarios], previous=before, gate=gate
    )


def before(**told: tuple[str, ...]) -> PreviousRun:
    given = outcomes()
    return PreviousRun(
        target=given.target, environment=given.environment, build="1", finished=1.0, **told
    )


def test_without_a_run_before_nothing_is_compared() -> None:
    found = verdict(of(a="failed"))
    assert found.changes is None
    assert {cause.change for cause in found.causes} == {""}


def test_scenarios_are_newly_failing_known_or_fixed() -> None:
    past = before(failed=("known", "fixed"), passed=("new", "still"))
    given = of(past, known="failed", fixed="passed", new="failed", still="passed", unseen="failed")
    found = verdict(given).changes
    assert found is not None
    assert (found.newly_failing, found.known, found.fixed) == (("new",), ("known",), ("fixed",))


def test_the_decision_and_its_reasons_are_the_same_whatever_was_before() -> None:
    for statuses in ({"a": "failed"}, {"a": "passed"}):
        alone = verdict(of(**statuses))
        for past in (before(failed=("a",)), before(passed=("a",)), before()):
            found = verdict(of(past, **statuses))
            assert (found.decision, found.reasons) == (alone.decision, alone.reasons)


def test_what_was_not_assessed_is_remembered_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "previous.jsonl"
    first = of(a="failed", b="passed")
    remember_results(path, first)
    past = previous_run(path, first.target, first.environment)
    remember_results(path, of(past, a="not_run", b="failed"))
    again = previous_run(path, first.target, first.environment)
    assert again is not None
    assert {"a", "b"} <= set(again.failed)
    assert not {"a", "b"} & set(again.passed)


def test_each_deployment_has_a_line_of_its_own_and_broken_lines_are_left_out(
    tmp_path: Path,
) -> None:
    path = tmp_path / "previous.jsonl"
    one, other = of(a="failed"), of(a="passed")
    other.target = "another"
    remember_results(path, one)
    with path.open("ab") as file:
        file.write(b"{half a line\n\xff\n")
    remember_results(path, other)
    assert len(path.read_bytes().splitlines()) == 2
    for given in (one, other):
        found = previous_run(path, given.target, given.environment)
        assert found is not None
        assert ("a" in found.failed) == (given is one)
    assert previous_run(path, "a third", one.environment) is None


def test_a_rehearsal_and_a_run_without_results_are_not_remembered(tmp_path: Path) -> None:
    path = tmp_path / "previous.jsonl"
    remember_results(path, of(gate=False, a="failed"))
    nothing = of()
    nothing.scenarios = []
    remember_results(path, nothing)
    assert not path.exists()
    assert previous_run(path, nothing.target, nothing.environment) is None


def test_what_ended_otherwise_with_the_same_build_is_flaky_but_not_the_references_defects() -> None:
    past = before(failed=("fixed", "known"), passed=("new",))
    given = of(past, known="failed", fixed="passed", new="failed")
    assert verdict(given).flaky == ()
    same = msgspec.structs.replace(given, build="1")
    assert verdict(same).flaky == ("new", "fixed")
    assert verdict(msgspec.structs.replace(same, target=REFERENCE_NAME)).flaky == ()
