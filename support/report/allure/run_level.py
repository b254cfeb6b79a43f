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

from support.approval.model import Outcome, Verdict
from support.report.charts import Chart
from support.report.decision_page import MEANING, decision_html, facts
from support.report.decision_text import decision_markdown
from support.report.formatting import mask
from support.report.trend import Trend

PAGE = "greenlight-decision-attachment.html"
TEXT = "greenlight-decision-attachment.md"
_TYPES = {kind.extension: kind.mime_type for kind in AttachmentType}


class _RunGlobals(Globals):
    """Written under one name, so that a run told of twice is still told of once."""

    file_pattern = "greenlight-globals.json"


def write_run_level(
    results_dir: Path,
    verdict: Verdict,
    outcomes: Sequence[Outcome],
    *,
    pictures: Sequence[Chart] = (),
    attachments: Mapping[str, Path] | None = None,
    trend: Trend | None = None,
) -> None:
    """Write the decision into a results directory, once all results are there. Safe to repeat.

    `pictures` stand on the decision page and for themselves; `attachments` are further files for
    the whole run by the title people see; `trend` is how it compares with those before it.
    Raises `OSError` when the folder cannot be written.
    """
    logger: Any = AllureFileLogger(results_dir)  # type: ignore[no-untyped-call]
    logger.report_attached_data(decision_html(verdict, outcomes, pictures, trend), PAGE)
    logger.report_attached_data(decision_markdown(verdict, outcomes, trend), TEXT)
    shown = [
        _attachment(f"Decision: {verdict.decision}", PAGE),
        _attachment("Decision as text (decision.md)", TEXT),
    ]
    for picture in pictures:
        name = f"greenlight-{picture.name}-attachment.svg"
        logger.report_attached_data(picture.svg, name)
        shown.append(_attachment(f"Picture: {picture.title}", name))
    for number, (title, path) in enumerate((attachments or {}).items(), start=1):
        name = f"greenlight-{number}-attachment{path.suffix.lower()}"
        logger.report_attached_file(path, name)
        shown.append(_attachment(title, name))
    errors = [] if verdict.approved else [_error(verdict)]
    logger.report_globals(_RunGlobals(attachments=shown, errors=errors))
    (results_dir / "environment.properties").write_text(
        "".join(f"{_key(name)}={_value(value)}\n" for name, value in _surroundings(verdict)),
        encoding="utf-8",
    )


def _error(verdict: Verdict) -> GlobalError:
    said = [f"{verdict.decision}: {MEANING[verdict.decision]}", *verdict.reasons[:3]]
    said.append(f"What to do now: {verdict.next_step}")
    return GlobalError(message=mask("\n".join(said)), timestamp=_now_ms())


def _attachment(title: str, file_name: str) -> GlobalAttachment:
    kind = _TYPES.get(file_name.rpartition(".")[2], "text/markdown")
    return GlobalAttachment(name=title, source=file_name, type=kind, timestamp=_now_ms())


def _surroundings(verdict: Verdict) -> list[tuple[str, str]]:
    return [
        ("Decision", verdict.decision),
        *facts(verdict),
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
