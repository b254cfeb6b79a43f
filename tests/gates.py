"""Runs of the suite itself against the bundled reference, by the real behave command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked

ROOT = Path(__file__).resolve().parents[1]
BEHAVE = ("-m", "behave")
#: A whole gate as `make gate` runs it, on several processes.
GATE = ("--tags=@critical", "-Djobs=auto")
#: A whole gate takes a minute, and several times that on a busy machine.
RUN_S = 300
#: Causes of what a machine that is busy with other tests could not measure.
LATE = ("environment", "too_few_samples")
#: Criteria that such a machine could not measure, whatever the scenarios say.
MEASURED = ("average_latency", "p95_latency", "p99_latency", "load")
#: What a busy machine could not measure is measured again. What passes is never tried again.
ATTEMPTS = 3


@dataclass(frozen=True)
class Ran:
    """What a run left: exit status, output, and the folder of its evidence."""

    status: int
    output: str
    folder: Path

    @property
    def scenarios(self) -> list[dict[str, Any]]:
        """How each scenario ended."""
        found: list[dict[str, Any]] = json.loads(
            (self.folder / "outcomes.json").read_text("utf-8")
        )["scenarios"]
        return found

    @property
    def ended(self) -> dict[str, dict[str, Any]]:
        """The same, by name."""
        return {outcome["name"]: outcome for outcome in self.scenarios}

    @property
    def not_passed(self) -> dict[str, str]:
        """Why, of all that neither passed nor was skipped."""
        good = ("passed", "skipped")
        return {o["name"]: o["reason"] for o in self.scenarios if o["status"] not in good}

    @property
    def machine_was_late(self) -> bool:
        """True where nothing but this machine kept the run from a verdict, by its own records."""
        verdict = json.loads((self.folder / "verdict.json").read_text("utf-8"))
        if verdict["decision"] != "INCONCLUSIVE":
            return False
        if causes := {self.ended[name]["cause"] for name in self.not_passed}:
            return causes <= set(LATE)
        unmet = [c for c in verdict["criteria"] if c["state"] not in ("pass", "waived")]
        measured = [c["name"] in MEASURED and c["cause"] in LATE for c in unmet]
        return bool(measured) and all(measured)


def behave(reports: Path, *arguments: str, command: tuple[str, ...] = BEHAVE) -> Ran:
    """One run of behave, or of another `command`, with these options."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GREENLIGHT_")}
    env |= {"GREENLIGHT_REPORTS": str(reports), "GREENLIGHT_HTML": "false", "NO_COLOR": "1"}
    done = forked.run(
        [sys.executable, *command, *arguments],
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE,
        timeout=RUN_S,
    )
    runs = sorted(reports.glob("2*/outcomes.json"))
    assert runs, done.stdout[-2000:] + done.stderr[-2000:]
    return Ran(done.returncode, done.stdout, runs[-1].parent)


def gate(reports: Path, *arguments: str) -> Ran:
    """A whole gate; again where this machine was too busy with another test to measure."""
    for attempt in range(ATTEMPTS):
        ran = behave(reports / str(attempt), *arguments)
        if not ran.machine_was_late:
            break
    return ran
