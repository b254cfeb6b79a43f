"""The proof of a supervised run: its sealed evidence, judged once more by another process.

It is judged while the run still writes its report, and believed if nothing was changed since.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from support.approval import VERDICT, BundleError, Judgement, judge_bundle
from support.approval.bundle import (
    COMPRESSED,
    JOURNAL,
    MANIFEST,
    MOST_BYTES,
    OUTCOMES,
    POLICY,
    SIGNATURE,
)
from support.config import DeploymentError, seal_key
from support.journal.regular_file import read_regular

BUNDLE = (MANIFEST, SIGNATURE, OUTCOMES, POLICY, COMPRESSED, JOURNAL, VERDICT)


class Proof:
    """Of the run with that `receipt`, which says where its folder is."""

    def __init__(self, receipt: Path) -> None:
        self._receipt = receipt
        self._digest = ""  # of what was judged
        self._judgement: Judgement | None = None

    def look(self) -> None:
        """Judge the evidence once it is sealed and its verdict is written; once only."""
        if self._digest:
            return
        with suppress(Exception):  # `verdict` judges it again, and says why not
            folder = self._folder()
            if _is_sealed(folder):
                self._digest = _digest(folder)
                self._judgement = judge_bundle(folder, seal_key())

    def verdict(self) -> tuple[str, str]:
        """The decision of the run, or why there is none that may be believed.

        A run without a verdict is marked so, in the place where its report would be.
        """
        try:
            folder = self._folder()
        except OSError:
            return "", "no run was made"
        try:
            return self._believed(folder).verdict.decision, ""
        except (BundleError, DeploymentError) as error:
            _mark(folder, f"The run ended without a verdict: {error}.")
            return "", f"there is no sealed verdict of this run: {error}"

    def _folder(self) -> Path:
        """Raises `OSError` while there is none."""
        return Path(self._receipt.read_text("utf-8"))

    def _believed(self, folder: Path) -> Judgement:
        judgement = self._judgement
        if judgement is None or not self._unchanged(folder):
            judgement = judge_bundle(folder, seal_key())
        if not (folder / VERDICT).is_file() or not judgement.consistent:
            raise BundleError(f"what lies in {folder} does not fit together")
        if judgement.evidence.outcomes.run_id != self._receipt.name:
            raise BundleError(f"what lies in {folder} is of another run")
        return judgement

    def _unchanged(self, folder: Path) -> bool:
        try:
            return _digest(folder) == self._digest
        except OSError:
            return False


def _is_sealed(folder: Path) -> bool:
    """Whether the verdict there names the evidence there. Raises `OSError` or `ValueError`."""
    manifest, verdict = (read_regular(folder / name, MOST_BYTES) for name in (MANIFEST, VERDICT))
    return bool(json.loads(verdict).get("bundle_digest") == hashlib.sha256(manifest).hexdigest())


def _digest(folder: Path) -> str:
    """Of every file that the judgement rests on. Raises `OSError` where one cannot be read."""
    digest = hashlib.sha256()
    for name in BUNDLE:
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _mark(folder: Path, reason: str) -> None:
    from support.report.running import RUNNING, mark_without_verdict  # slow, and seldom needed

    with suppress(OSError, ValueError):  # the exit status and what is printed say it, too
        if json.loads((folder / VERDICT).read_bytes()).get("decision") == RUNNING:
            mark_without_verdict(folder, reason)
