"""The evidence bundle: what a verdict rests on, on disk, each file with its SHA-256.

`journal.jsonl`, `outcomes.json`, `policy.json`, and `manifest.json` with their digests. Who wants
to change the verdict has to change a file, and the digest of the manifest, which stands in the
report, no longer fits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from pydantic import ValidationError

from support.approval.model import Outcomes, Verdict
from support.approval.verdict import judge
from support.journal import History, JournalError, read_journal
from support.target import Policy

T = TypeVar("T")

JOURNAL = "journal.jsonl"
OUTCOMES = "outcomes.json"
POLICY = "policy.json"
MANIFEST = "manifest.json"
PARTS = (JOURNAL, OUTCOMES, POLICY)


class BundleError(Exception):
    """The bundle can not be written, or can not be judged; the message says why."""


@dataclass(frozen=True)
class Judgement:
    """A verdict computed from a bundle; `altered` names the files that differ from the manifest.

    `history` is what the verdict was read out of, `policy` what it was measured against.
    """

    verdict: Verdict
    altered: tuple[str, ...]
    history: History = field(compare=False)
    policy: Policy

    @property
    def intact(self) -> bool:
        """True when every file is as it was written."""
        return not self.altered


def seal(run_dir: Path, outcomes: Outcomes, policy: Policy) -> str:
    """Write outcomes, policy and manifest beside the journal; the manifest's SHA-256 is returned.

    Raises `BundleError` when the folder can not be written.
    """
    try:
        (run_dir / OUTCOMES).write_bytes(_pretty(msgspec.to_builtins(outcomes)))
        (run_dir / POLICY).write_bytes(_pretty(policy.model_dump(mode="json")))
        digests = {name: _digest(run_dir / name) for name in PARTS}
        (run_dir / MANIFEST).write_bytes(_pretty({"version": 1, "sha256": digests}))
        return _digest(run_dir / MANIFEST)
    except OSError as error:
        raise BundleError(f"can not write the evidence to {run_dir}: {error.strerror}") from error


def judge_bundle(run_dir: Path) -> Judgement:
    """The verdict on the bundle in `run_dir`, computed anew.

    Raises `BundleError` for a folder that holds no bundle or one that can not be read.
    """
    if not (run_dir / MANIFEST).is_file():
        raise BundleError(f"{run_dir} holds no evidence bundle (no {MANIFEST})")
    digests = _read(run_dir, MANIFEST, _manifest).sha256
    altered = tuple(n for n in PARTS if digests.get(n) != _read(run_dir, n, _sha256))
    outcomes = _read(run_dir, OUTCOMES, _outcomes)
    policy = _read(run_dir, POLICY, Policy.model_validate_json)
    try:
        history = History(list(read_journal(run_dir / JOURNAL)))
    except JournalError as error:
        raise BundleError(f"the evidence in {run_dir} is damaged: {error}") from error
    verdict = judge(outcomes, history, policy)
    digest = _digest(run_dir / MANIFEST)
    return Judgement(
        msgspec.structs.replace(verdict, bundle_digest=digest), altered, history, policy
    )


class _Manifest(msgspec.Struct):
    version: int
    sha256: dict[str, str]


def _manifest(content: bytes) -> _Manifest:
    return msgspec.json.decode(content, type=_Manifest)


def _outcomes(content: bytes) -> Outcomes:
    return msgspec.json.decode(content, type=Outcomes)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(run_dir: Path, name: str, what: Callable[[bytes], T]) -> T:
    """What one file of the bundle says. Raises `BundleError` naming the file."""
    try:
        return what((run_dir / name).read_bytes())
    except OSError as error:
        why = error.strerror or str(error)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        why = f"{key} {first['msg'].removeprefix('Value error, ')}".strip()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        why = str(error)
    raise BundleError(f"the evidence in {run_dir} is damaged: {name}: {why}")


def _digest(path: Path) -> str:
    return _sha256(path.read_bytes())


def _pretty(content: object) -> bytes:
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    return text.encode("utf-8", "replace") + b"\n"
