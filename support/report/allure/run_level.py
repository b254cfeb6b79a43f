"""What a results directory says about the whole run: the decision, why, and against what."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import GlobalAttachment, GlobalError, Globals
from allure_commons.types import AttachmentType

from support.report.charts import Chart
from support.report.formatting import mask
from support.report.render import decision_html, decision_markdown
from support.report.view import RunView

PAGE = "greenlight-decision-attachment.html"
TEXT = "greenlight-decision-attachment.md"
_TYPES = {kind.extension: kind.mime_type for kind in AttachmentType}


class _RunGlobals(Globals):
    """Written under one name, so that a run reported twice still appears once."""

    file_pattern = "greenlight-globals.json"


def write_run_level(
    results_dir: Path,
    view: RunView,
    *,
    charts: Sequence[Chart] = (),
    attachments: Mapping[str, Path] | None = None,
) -> None:
    """Write the decision into a results directory, once all results are there. Safe to repeat.

    `charts` are attached one by one as well; `attachments` are further files for the whole run, by
    the title people see. Raises `OSError` when the folder cannot be written.
    """
    verdict = view.verdict
    logger: Any = AllureFileLogger(results_dir)  # type: ignore[no-untyped-call]
    logger.report_attached_data(decision_html(view, framed=True), PAGE)
    logger.report_attached_data(decision_markdown(view), TEXT)
    shown = [
        _attachment(f"Decision: {view.heading}", PAGE),
        _attachment("Decision as text (decision.md)", TEXT),
    ]
    for chart in charts:
        name = f"greenlight-{chart.name}-attachment.svg"
        logger.report_attached_data(chart.svg, name)
        shown.append(_attachment(f"Chart: {chart.title}", name))
    for number, (title, path) in enumerate((attachments or {}).items(), start=1):
        name = f"greenlight-{number}-attachment{path.suffix.lower()}"
        logger.report_attached_file(path, name)
        shown.append(_attachment(title, name))
    errors = [] if verdict.approved else [_error(view)]
    logger.report_globals(_RunGlobals(attachments=shown, errors=errors))
    (results_dir / "environment.properties").write_text(
        "".join(f"{_key(name)}={_value(value)}\n" for name, value in _surroundings(view)),
        encoding="utf-8",
    )


def _error(view: RunView) -> GlobalError:
    verdict = view.verdict
    lines = [f"{view.heading}: {view.meaning}", *verdict.reasons[:3]]
    lines.append(f"What to do now: {verdict.next_step}")
    return GlobalError(message=mask("\n".join(lines)), timestamp=_now_ms())


def _attachment(title: str, file_name: str) -> GlobalAttachment:
    kind = _TYPES.get(file_name.rpartition(".")[2], "text/markdown")
    return GlobalAttachment(name=title, source=file_name, type=kind, timestamp=_now_ms())


def _surroundings(view: RunView) -> list[tuple[str, str]]:
    return [
        ("Decision", view.heading),
        *view.details,
        ("Python", platform.python_version()),
        ("behave", version("behave")),
        ("Greenlight", greenlight()),
    ]


def greenlight() -> str:
    """The version of this suite, for people."""
    try:
        return version("greenlight")
    except PackageNotFoundError:
        return "from a checkout"


def _key(text: str) -> str:
    """A key of a .properties file: no separator, no blank may stand in it unescaped."""
    return _value(text).replace(" ", "\\ ").replace("=", "\\=").replace(":", "\\:")


def _value(text: str) -> str:
    return " ".join(mask(text).replace("\\", "\\\\").split())


def _now_ms() -> int:
    return round(time.time() * 1000)
