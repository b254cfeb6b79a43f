"""A throw-away suite, run by the real `behave` command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import forked

ROOT = Path(__file__).resolve().parents[2]
GREENLIGHT = "support.report.allure.formatter:GreenlightFormatter"
STOCK = "allure_behave.formatter:AllureFormatter"

STEPS = """
from behave import given, step
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

@step("the run is cancelled")
def cancelled(context):
    import asyncio
    raise asyncio.CancelledError()

@step("someone presses Ctrl-C")
def interrupted(context): raise KeyboardInterrupt

@step("a clean-up is promised that fails")
def promise(context):
    def fail(): raise RuntimeError("port still open")
    context.add_cleanup(fail)
"""


class Ran(NamedTuple):
    """What a run of behave left behind."""

    code: int
    output: str
    results: list[dict[str, Any]]
    directory: Path

    def one(self, name: str) -> dict[str, Any]:
        """The only result of that name."""
        found = [result for result in self.results if result["name"] == name]
        assert len(found) == 1, f"{len(found)} results for {name!r}\n{self.output}"
        return found[0]

    def statuses(self) -> dict[str, str | None]:
        """Name and status of every result."""
        assert len({r["name"] for r in self.results}) == len(self.results)
        return {result["name"]: result.get("status") for result in self.results}

    def message(self, name: str) -> str:
        """What the result of that name says about its status."""
        return str(self.one(name).get("statusDetails", {}).get("message", ""))

    def errors(self) -> list[str]:
        """The messages of the global errors."""
        files = self.directory.glob("*-globals.json")
        found = [error for f in files for error in json.loads(f.read_text()).get("errors", [])]
        return [error["message"] for error in found]


class Suite:
    """Features, steps and an environment in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = folder / "allure-results"
        self.write("features/steps/all.py", STEPS)

    def write(self, path: str, text: str) -> None:
        """Write one file of the suite."""
        deployment = self.folder / path
        deployment.parent.mkdir(parents=True, exist_ok=True)
        deployment.write_text(dedent(text).lstrip(), encoding="utf-8")

    def feature(self, text: str, path: str = "functional/some.feature") -> None:
        """Write one feature."""
        self.write(f"features/{path}", text)

    def environment(self, text: str) -> None:
        """Write the hooks."""
        self.write("features/environment.py", text)

    def run(
        self, *options: str, formatter: str = GREENLIGHT, env: dict[str, str] | None = None
    ) -> Ran:
        """Run behave with one Allure formatter, and read the results it wrote."""
        wanted = ["-f", formatter, "-o", str(self.directory), "-f", "plain", "--no-timings"]
        return self.run_bare(*wanted, *options, env=env)

    def run_bare(self, *options: str, env: dict[str, str] | None = None) -> Ran:
        """Run behave with these options alone."""
        done = forked.run(
            [sys.executable, "-m", "behave", *options],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                **(env or {}),
            },
            stderr=subprocess.PIPE,
            timeout=30,
        )
        files = sorted(self.directory.glob("*-result.json"))
        results = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return Ran(done.returncode, done.stdout + done.stderr, results, self.directory)
