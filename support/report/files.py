"""Where a run's reports go: `reports/<run>/`, a `latest` link, a history, and a limit to it all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

HISTORY = "history.jsonl"
LATEST = "latest"
RUNS_KEPT = 20

_RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


class ReportFolderError(Exception):
    """The folder for reports cannot be used; the message says why."""


class RunFolder(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of one run. `path` exists; `history` may not yet."""

    path: Path
    history: Path

    @property
    def results(self) -> Path:
        """Where Allure's results go."""
        return self.path / "allure-results"

    @property
    def html(self) -> Path:
        """Where the HTML report goes."""
        return self.path / "allure-report"

    @property
    def monitoring(self) -> Path:
        """Where figures and pictures of the whole run go."""
        return self.path / "monitoring"


def new_run(reports: Path, *, started: float, kept: int = RUNS_KEPT) -> RunFolder:
    """Make `reports/<run>/` for a run begun at `started` (Unix seconds); `kept` runs stay with it.

    Only folders named as runs are ever removed. Raises `ReportFolderError`.
    """
    name = f"{datetime.fromtimestamp(started, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    with _plainly(reports):
        path = reports / name
        path.mkdir(parents=True)
        probe = path / ".writable"
        probe.write_bytes(b"x")
        probe.unlink()
        others = [old for old in _runs(reports) if old != path]
        for old in others[: max(0, len(others) - kept + 1)]:
            shutil.rmtree(old)
    return RunFolder(path=path, history=reports / HISTORY)


def point_latest(run: RunFolder) -> str:
    """Let `reports/latest` mean this run, at once and never half; nothing, or a remark.

    Where links are impossible (Windows without the right, some shared folders) a file
    `latest.txt` with the run's name stands in, and the remark says so. Raises `ReportFolderError`.
    """
    reports = run.path.parent
    temporary = reports / f".{LATEST}-{secrets.token_hex(4)}"
    with _plainly(reports):
        try:
            temporary.symlink_to(run.path.name, target_is_directory=True)
        except (OSError, NotImplementedError):
            note = reports / f"{LATEST}.txt"
            temporary.write_text(run.path.name + "\n", encoding="utf-8")
            temporary.replace(note)
            return f"{reports} allows no links; {note.name} names the latest run instead."
        try:
            os.replace(temporary, reports / LATEST)
        except OSError:
            temporary.unlink()
            raise
    return ""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # on a full disk the first error is the one to report
            temporary.unlink(missing_ok=True)
        raise


def _runs(reports: Path) -> list[Path]:
    """The folders of earlier runs, oldest first: their names begin with the time."""
    found = (p for p in reports.iterdir() if _RUN.fullmatch(p.name))
    return sorted(path for path in found if path.is_dir() and not path.is_symlink())


@contextlib.contextmanager
def _plainly(reports: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReportFolderError(
            f"Reports cannot be written to {reports}: {reason}. "
            "Free some space, allow writing there, or choose another folder."
        ) from error
