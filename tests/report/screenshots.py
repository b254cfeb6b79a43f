"""The pictures of the README, of a real approved and a real rejected gate run: `make screenshots`.

    make screenshots                                      # makes both runs
    make screenshots ARGS='reports/RUN-1 reports/RUN-2'   # of runs that were made before

Beside the pictures lies `screenshots.json`: what each shows, and the digest by which it is known.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from chromium import Chromium

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LISTED = DOCS / "screenshots.json"
WIDTH, HEIGHT = 1280, 1000
DECISION = 1  # the number of the frame that holds it
#: A rejected run goes on to its end: its page shows everything.
WHOLE = ("-D", "patience.after_rejection_s=600")
#: Name of the picture → the decision it shows, and how such a run is made.
RUNS = {
    "approved": ("APPROVED", ()),
    "rejected": (
        "REJECTED",
        ("-D", "environment=local", "-D", "defect=events-to-everyone", *WHOLE),
    ),
}


def picture(name: str) -> Path:
    """Where the picture of that name lies."""
    return DOCS / f"report-{name}.png"


def digest(file: Path) -> str:
    """By what a picture is known."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def gate(reports: Path, options: tuple[str, ...]) -> Path:
    """The folder of a whole gate run with these options, whatever its verdict."""
    settings = {k: v for k, v in os.environ.items() if not k.startswith(("GREENLIGHT_", "BEHAVE"))}
    subprocess.run(
        [str(Path(sys.executable).with_name("greenlight")), "gate", *options],
        cwd=ROOT,
        env={**settings, "GREENLIGHT_REPORTS": str(reports)},
        check=False,
        timeout=600,
    )
    return (reports / "latest").resolve()


def main(made: list[str]) -> None:
    """Run the gate for each picture unless that run is `made`, take it, and list what it shows."""
    listed = {}
    before = dict(zip(RUNS, made, strict=True)) if made else {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (decision, options) in RUNS.items():
            run = Path(before[name]) if name in before else gate(Path(folder) / name, options)
            verdict = json.loads((run / "verdict.json").read_bytes())
            if verdict["decision"] != decision:
                sys.exit(f"The run for {name} is {verdict['decision']}, not {decision}.")
            with Chromium(Path(folder) / f"{name}-profile") as browser:
                page = browser.open(
                    run / "allure-report" / "index.html", width=WIDTH, height=HEIGHT
                )
                page.waits_for("document.querySelector('footer') !== null", DECISION)
                page.picture(picture(name))
            listed[name] = {
                "decision": decision,
                "scenarios": verdict["scenarios_selected"],
                "sha256": digest(picture(name)),
            }
    LISTED.write_text(json.dumps(listed, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
