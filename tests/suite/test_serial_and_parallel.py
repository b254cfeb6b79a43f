"""Is the verdict of several processes that of one? The same gate over a sample of defects, twice.

`COMPARED_DEFECTS=50` compares that many more of the catalogue, picked evenly.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from throwaway import ROOT, Ran, Suite, agree

from support.reference.defects import catalogue

FEATURES = (
    "functional/agent_events.feature",
    "functional/connection.feature",
    "integration/broken_input.feature",
    "security/isolation.feature",
    "security/scopes.feature",
)
BUNDLED = ("--tags=@critical", "-D", "reference.bundled=true")
ON_THREE = ("-D", "jobs=3")
#: None, and one of each kind that fails here whatever ran before it: leaks, wrong stories, a run
#: that never ends, a refusal of everyone, secrets that are shown.
SAMPLE = (
    "",
    "events-to-everyone",
    "tool-completed-twice",
    "failure-never-sent",
    "secrets-differ",
    "errors-show-internals",
)
WITHIN_S = 120


def further() -> list[str]:
    """As many more as the environment asks for. Some count what came before, so order matters."""
    names = sorted({defect.name for defect in catalogue()} - set(SAMPLE))
    wanted = min(int(os.environ.get("COMPARED_DEFECTS", "0")), len(names))
    return [names[n * len(names) // wanted] for n in range(wanted)]


def on_one_and_on_three(folder: Path, defect: str) -> tuple[Ran, Ran]:
    """The same gate on one process, and on three."""
    runs = []
    for name, options in (("one", ()), ("three", ON_THREE)):
        (folder / name).mkdir()
        suite = Suite(folder / name, {})
        for feature in FEATURES:
            (suite.folder / "features" / feature).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "features" / feature, suite.folder / "features" / feature)
        defects = ("-D", f"defect={defect}") if defect else ()
        runs.append(suite.run(*BUNDLED, *options, *defects, within_s=WITHIN_S))
    return runs[0], runs[1]


#: Whether a cancellation comes before the end of its run, and so is answered with an error that a
#: defect spoils, differs from run to run.
RACES = {"Cancelling a run after a tool has started does not block the conversation": "either"}


def causes(ran: Ran) -> list[tuple[Any, Any]]:
    """Why it was rejected, without figures and what only a race shows: the first first."""
    racing = {o["id"] for o in ran.outcomes["scenarios"] if o["name"] in RACES}
    told = [c for c in ran.verdict["causes"] if not racing.issuperset(c["scenarios"] or [""])]
    return [(cause["code"], cause["subject"]) for cause in told]


@pytest.mark.parametrize("defect", SAMPLE, ids=lambda name: name or "healthy")
def test_one_process_and_several_see_and_decide_the_same(defect: str, tmp_path: Path) -> None:
    one, three = on_one_and_on_three(tmp_path, defect)
    for ran in (one, three):
        agree(ran, "REJECTED" if defect else "APPROVED")
    assert {**three.statuses, **RACES} == {**one.statuses, **RACES}
    assert causes(three) == causes(one)
    assert bool(causes(one)) is bool(defect)


@pytest.mark.parametrize("defect", further())
def test_any_defect_is_decided_alike(defect: str, tmp_path: Path) -> None:
    one, three = on_one_and_on_three(tmp_path, defect)
    assert three.decision == one.decision
    assert {code for code, _ in causes(three)[:1]} == {code for code, _ in causes(one)[:1]}
