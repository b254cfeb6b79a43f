"""Is the first reason of the gate the root cause? The whole gate over defects, one at a time.

    python tests/matrix/sweep.py                        all of the catalogue: hours on two cores
    python tests/matrix/sweep.py pongs-late token-echoed
    python tests/matrix/sweep.py --again                judges the runs of before by today's code
    python tests/matrix/sweep.py -D patience.after_rejection_s=10      shorter runs, and less seen

Runs are kept in `--folder`; a defect whose run lies there is not run again, so that a sweep can be
interrupted. Exit status 0 where at least 95 % of what was run is right.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

import forked  # noqa: E402
import msgspec  # noqa: E402
from gates import GATE  # noqa: E402
from root_causes import EXPECTED  # noqa: E402

from support.approval import VERDICT, RootCause, Verdict, judge_bundle  # noqa: E402
from support.approval.bundle import MANIFEST  # noqa: E402

GOAL = 0.95
#: A gate ends a minute after the first failure that rejects the build.
GATE_S = 300
ENDING_S = 60


@dataclass(frozen=True)
class Told:
    """What the gate says of one defect first; no `cause` where it was not rejected."""

    defect: str
    decision: str
    cause: RootCause | None

    @property
    def right(self) -> bool:
        """True where the first reason is the root cause."""
        return self.cause is not None and self.cause.code == EXPECTED[self.defect]

    def __str__(self) -> str:
        found, text = (self.cause.code, self.cause.text) if self.cause else (self.decision, "")
        if self.right:
            return f"right  {self.defect}: {found}: {text}"
        return f"WRONG  {self.defect}: {found}, not {EXPECTED[self.defect]}: {text}"


def told(defect: str, run: Path, *, again: bool = False) -> Told:
    """What a run says first; `again`: by its evidence as it is judged today."""
    if again:
        verdict = judge_bundle(run).verdict
    else:
        verdict = msgspec.json.decode((run / VERDICT).read_bytes(), type=Verdict)
    first = next((c for c in verdict.causes if verdict.reasons[:1] == (c.text,)), None)
    return Told(defect, verdict.decision, first)


def run_of(folder: Path) -> Path | None:
    """The run that was made into a folder, if it came to a verdict."""
    sealed = sorted(folder.glob(f"2*/{MANIFEST}"))
    return sealed[-1].parent if sealed else None


def run_gate(defect: str, folder: Path, settings: Sequence[str] = ()) -> Path | None:
    """The gate's run over the reference with that defect; None where it has left no verdict.

    Nobody proves that verdict once more: the tests of the command `greenlight gate` do.
    """
    env = {k: v for k, v in os.environ.items() if not k.startswith("GREENLIGHT_")}
    env |= {"GREENLIGHT_REPORTS": str(folder), "GREENLIGHT_HTML": "false", "NO_COLOR": "1"}
    folder.mkdir(parents=True, exist_ok=True)
    given = [f"-D{setting}" for setting in (f"defect={defect}", *settings)]
    command = [sys.executable, "-m", "behave", *GATE, *given]
    with (folder / "output.txt").open("w") as output:
        gate = forked.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            gate.wait(GATE_S)
        except subprocess.TimeoutExpired:
            gate.terminate()  # it comes to a verdict on what it has seen
            gate.wait(ENDING_S)
    return run_of(folder)


def sweep(
    defects: Sequence[str],
    folder: Path,
    settings: Sequence[str] = (),
    *,
    again: bool = False,
    at_once: int = 1,
) -> list[Told]:
    """What is told of each, printed as it comes, so many `at_once`; `again` runs nothing."""

    def tell(defect: str) -> Told | None:
        run = run_of(folder / defect)
        if run is None and not again:
            run = run_gate(defect, folder / defect, settings)
        if run is None and again:
            return None
        found = told(defect, run, again=again) if run else Told(defect, "no verdict", None)
        print(found, flush=True)
        return found

    with ThreadPoolExecutor(at_once) as gates:
        return [found for found in gates.map(tell, defects) if found is not None]


def enough(found: Sequence[Told]) -> bool:
    """True where as many are right as is the goal."""
    return bool(found) and sum(one.right for one in found) >= GOAL * len(found)


def main() -> int:
    """0 where the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("defects", nargs="*", metavar="DEFECT", help="all of the catalogue")
    parser.add_argument("--folder", type=Path, default=ROOT / "reports" / "causes")
    parser.add_argument("--again", action="store_true", help="run nothing, judge what was run")
    parser.add_argument("-D", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    if unknown := [name for name in given.defects if name not in EXPECTED]:
        parser.error(f"no root cause is stated for {', '.join(unknown)}")
    names = given.defects or list(EXPECTED)
    found = sweep(names, given.folder, given.settings, again=given.again)
    right = sum(one.right for one in found)
    print(f"{right} of {len(found)} first reasons are the root cause.")
    return 0 if enough(found) else 1


if __name__ == "__main__":
    sys.exit(main())
