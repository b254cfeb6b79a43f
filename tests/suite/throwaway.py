"""Throw-away suites, built like this one and run by the real `behave` command.

Each begins with the real configuration, hooks and steps, and with one scenario on user isolation
that the policy needs for an APPROVED: whatever a test adds is the only thing that can spoil it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import Any

import forked
from run_files import content, journal_lines

from support.approval import judge_bundle

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
BEHAVE = ("-m", "behave")
GATE = ("-m", "support.cli", "gate")

#: What the good scenario is called.
GOOD = "Two users at work see their own events and nothing of each other"

ISOLATION = f"""
    @security @critical @isolation @E1
    Feature: Users never see each other's events

      Scenario: {GOOD}
        Given Alice and Bob are chatting
        When everyone asks a question
        Then everyone has received the complete run, in order
        And no user has received anything of another
"""

STEPS = """
    import asyncio
    import sys

    from behave import step
    from behave.api.pending_step import StepNotImplementedError

    @step("all is well")
    def well(context): pass

    @step("it goes wrong")
    def wrong(context): assert False, "Bob saw Alice's event"

    @step("it breaks")
    def breaks(context): raise OSError("no route")

    @step("it is pending")
    def pending(context): raise StepNotImplementedError("later")

    @step("the deployment cannot do it")
    def cannot(context): context.scenario.skip("the deployment cannot resume")

    @step("nobody can say, since the deployment does not offer it")
    def not_offered(context):
        from support.checks.finding import Check, unknown
        finding = unknown("the deployment tells no times", "not_offered")
        context.session.verify(Check("Is it so?", lambda history: finding))

    @step("the step is cancelled")
    def cancelled(context): raise asyncio.CancelledError

    @step("the async step is cancelled")
    async def cancelled_async(context):
        asyncio.current_task().cancel()
        await asyncio.sleep(5)

    @step("the step ends the process with status 0")
    def leaves(context): sys.exit(0)

    @step("the async step ends the process with status 0")
    async def leaves_async(context): sys.exit(0)

    @step("a clean-up is promised that fails")
    def promise(context):
        def close_port(): raise RuntimeError("port still open")
        context.add_cleanup(close_port)
"""

#: All that the policy leaves out needs more evidence than one scenario can give.
ENVIRONMENT = """
    [policy]
    required_categories = ["security"]
    must = ["E1"]
    least_assessed = { security = 1 }
    leave_out = [
        "event_delivery", "operations", "connections",
        "average_latency", "p95_latency", "p99_latency", "memory_growth", "recovery",
    ]
    [patience]
    connect_s = 2
    answer_s = 2
    http_s = 2
    fence_s = 2
"""


@dataclass(frozen=True)
class Ran:
    """What a run of behave left behind. `seconds` is wall time."""

    code: int
    output: str
    seconds: float
    reports: Path

    @cached_property
    def folder(self) -> Path:
        """The folder of the only run."""
        found = [p for p in self.reports.iterdir() if re.match(r"\d{8}-", p.name)]
        assert len(found) == 1, f"{len(found)} runs in {self.reports}\n{self.output}"
        return found[0]

    @property
    def left_nothing(self) -> bool:
        """True when no run folder was made."""
        return not self.reports.is_dir() or not list(self.reports.iterdir())

    @cached_property
    def verdict(self) -> dict[str, Any]:
        """What `verdict.json` says."""
        found: dict[str, Any] = self._json("verdict.json")
        return found

    @property
    def decision(self) -> str:
        """The word."""
        return str(self.verdict["decision"])

    @property
    def reasons(self) -> str:
        """The reasons, a line each."""
        return "\n".join(self.verdict["reasons"])

    @cached_property
    def outcomes(self) -> dict[str, Any]:
        """What `outcomes.json` says."""
        found: dict[str, Any] = self._json("outcomes.json")
        return found

    @property
    def statuses(self) -> dict[str, str]:
        """How each scenario ended, by the bundle."""
        return {o["name"]: o["status"] for o in self.outcomes["scenarios"]}

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        """Allure's results."""
        files = sorted((self.folder / "allure-results").glob("*-result.json"))
        return [json.loads(file.read_text("utf-8")) for file in files]

    @property
    def shown(self) -> dict[str, str]:
        """How each scenario ended, by Allure."""
        assert len({r["name"] for r in self.results}) == len(self.results), self.results
        return {r["name"]: r["status"] for r in self.results}

    @property
    def global_errors(self) -> list[str]:
        """The messages of Allure's global errors."""
        files = (self.folder / "allure-results").glob("*-globals.json")
        found = [
            error for f in files for error in json.loads(f.read_text("utf-8")).get("errors", [])
        ]
        return [error["message"] for error in found]

    @property
    def journal(self) -> list[dict[str, Any]]:
        """The records of the journal; every line must be readable."""
        return [json.loads(line) for line in journal_lines(self.folder)]

    def judged(self) -> str:
        """The decision, computed anew from the bundle, which must be intact."""
        judgement = judge_bundle(self.folder)
        assert judgement.consistent, judgement
        return judgement.verdict.decision

    def text(self) -> str:
        """Everything that was said or written: terminal, and every file of the run.

        Without the schema of the report, which says what any run may say.
        """
        found = (p for p in self.reports.rglob("*") if p.is_file() and not p.is_symlink())
        files = (p for p in found if not p.name.endswith(".schema.json"))
        return self.output + "".join(content(p).decode("utf-8", "replace") for p in files)

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text("utf-8"))


def agree(ran: Ran, decision: str) -> None:
    """Fail unless exit status, verdict, evidence and Allure all say `decision` (row R3)."""
    said = f"\n--- exit {ran.code}\n{ran.output}"
    assert ran.decision == decision, said
    assert ran.judged() == decision, said
    assert decision in ran.output, said
    if ran.outcomes["gate"]:
        assert (ran.code == 0) is (decision == "APPROVED"), said
    in_allure = [error for error in ran.global_errors if error.startswith(f"{decision}: ")]
    assert len(in_allure) == (0 if decision == "APPROVED" else 1), ran.global_errors
    if decision == "APPROVED":
        assert ran.global_errors == [], said
        assert set(ran.statuses.values()) <= {"passed", "skipped"}, said
    if not ran.outcomes["disagreements"]:
        assert len(ran.results) == len(ran.outcomes["scenarios"]), said


class Suite:
    """A suite in a folder of its own, to be run against `address` (environment variables)."""

    def __init__(self, folder: Path, address: Mapping[str, str]) -> None:
        self.folder = folder
        self.address = dict(address)
        self.reports = folder / "reports"
        shutil.copy(ROOT / "pyproject.toml", folder)
        shutil.copy(ROOT / "environment.py", folder)
        shutil.copytree(ROOT / "steps", folder / "steps", ignore=shutil.ignore_patterns("__*"))
        self.write("steps/trap.py", STEPS)
        self.write("env.toml", ENVIRONMENT)
        self.feature(ISOLATION, "security/isolation.feature")

    def write(self, path: str, text: str) -> None:
        """Write one file of the suite."""
        deployment = self.folder / path
        deployment.parent.mkdir(parents=True, exist_ok=True)
        deployment.write_text(dedent(text).lstrip(), encoding="utf-8")

    def feature(self, text: str, path: str = "functional/trap.feature") -> None:
        """Write one feature."""
        self.write(f"features/{path}", text)

    def scenario(self, *steps: str, tags: str = "", name: str = "The trap") -> None:
        """Write a critical feature of one scenario."""
        lines = "".join(f"    When {step}\n" for step in steps)
        self.feature(f"@functional @critical\nFeature: Trap\n  {tags}\n  Scenario: {name}\n{lines}")

    def steps(self, text: str) -> None:
        """Write further steps."""
        self.write("steps/further.py", text)

    def hooks(self, text: str) -> None:
        """Add hooks to the suite's own."""
        with (self.folder / "environment.py").open("a", encoding="utf-8") as file:
            file.write("\n\n" + dedent(text))

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables of a run: nothing of the outside that could change it."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GREENLIGHT_", "BEHAVE"))}
        kept.pop("WEBSOCKET_TEST_URL", None)
        return {
            **kept,
            "GREENLIGHT_ENVIRONMENT": str(self.folder / "env.toml"),
            "GREENLIGHT_REPORTS": str(self.reports),
            "GREENLIGHT_HTML": "false",
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            **self.address,
            **(env or {}),
        }

    def start(
        self,
        *options: str,
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
        command: Sequence[str] = BEHAVE,
        popen: type[subprocess.Popen[str]] = subprocess.Popen,
    ) -> subprocess.Popen[str]:
        """Start behave, or another `command`; `before` is called in the new process."""
        return popen(
            [sys.executable, *command, *options],
            cwd=self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=before,
            start_new_session=True,
        )

    def ended(self, process: subprocess.Popen[str], within_s: float = PATIENCE_S) -> Ran:
        """Wait for behave; it must end by itself within `within_s`."""
        started = time.monotonic()
        try:
            output, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            raise AssertionError(f"behave hung for {within_s:g} s\n{output}") from None
        return Ran(process.returncode, output, time.monotonic() - started, self.reports)

    def run(
        self,
        *options: str,
        env: Mapping[str, str] | None = None,
        within_s: float = PATIENCE_S,
        before: Callable[[], None] | None = None,
        command: Sequence[str] = BEHAVE,
    ) -> Ran:
        """Run behave, or another `command`, to its end."""
        popen = forked.Popen
        started = self.start(*options, env=env, before=before, command=command, popen=popen)
        return self.ended(started, within_s)
