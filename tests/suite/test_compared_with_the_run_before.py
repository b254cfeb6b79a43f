"""What fails again, for the first time or no more: told by real runs, and never by the decision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from throwaway import Ran, Suite

from support.approval import judge_bundle


def gate(suite: Suite, **scenarios: bool) -> tuple[Ran, Path]:
    """A gate run in which these scenarios are well or not; its folder."""
    told = "".join(
        f"  Scenario: {name}\n    When {'all is well' if well else 'it goes wrong'}\n"
        for name, well in scenarios.items()
    )
    suite.feature(f"@functional @critical\nFeature: Traps\n{told}")
    return suite.run("--tags=@critical"), (suite.reports / "latest").resolve()


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8"))


def names(folder: Path) -> dict[str, list[str]]:
    """The names of the scenarios in `changes`, by kind."""
    known = {o["id"]: o["name"] for o in read(folder, "outcomes.json")["scenarios"]}
    changes = read(folder, "verdict.json")["changes"]
    return {kind: [known[i] for i in changes[kind]] for kind in ("newly_failing", "known", "fixed")}


def test_a_run_says_what_is_new_known_and_fixed_and_decides_as_without(suite: Suite) -> None:
    first, folder = gate(suite, Again=False, Now=True, Before=False)
    assert (first.code, read(folder, "verdict.json")["changes"]) == (1, None)

    second, folder = gate(suite, Again=False, Now=False, Before=True)
    assert second.code == 1
    assert names(folder) == {"newly_failing": ["Now"], "known": ["Again"], "fixed": ["Before"]}
    verdict, report = read(folder, "verdict.json"), read(folder, "validation_report.json")
    assert verdict["decision"] == "REJECTED"
    assert {c["change"] for c in verdict["causes"]} == {"known", "newly failing"}
    told = report["deployment"]["changes"]
    assert {kind: told[kind] for kind in names(folder)} == {
        kind: verdict["changes"][kind] for kind in names(folder)
    }
    line = "1 newly failing, 1 known, 1 fixed"
    page = (folder / "decision.html").read_text("utf-8")
    assert line in second.output
    assert line in page
    assert line in (folder / "decision.md").read_text("utf-8")
    assert judge_bundle(folder).consistent

    third, folder = gate(suite, Again=True, Now=True, Before=True)
    assert third.code == 0, third.output
    assert read(folder, "verdict.json")["decision"] == "APPROVED"
    assert names(folder) == {"newly_failing": [], "known": [], "fixed": ["Again", "Now"]}


def test_a_rehearsal_is_not_remembered(suite: Suite) -> None:
    gate(suite, Again=True)
    remembered = (suite.reports / "previous.jsonl").read_bytes()
    suite.scenario("it goes wrong", name="Again")
    suite.run("--name=Again")
    assert (suite.reports / "previous.jsonl").read_bytes() == remembered
