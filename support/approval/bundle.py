"""The evidence bundle: what a verdict rests on, on disk, each file with its SHA-256.

`journal.jsonl`, `outcomes.json`, `policy.json`, and `manifest.json` with their digests and the
criteria of its day. Who wants to change the verdict has to change a file, and the digest of the
manifest, which stands in the report, no longer fits: `verdict.json`, where it lies beside the
bundle, is compared with it. A verdict that was written down must be the one that is computed.
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

from support.approval.criteria import CRITERIA, ensure_known
from support.approval.evidence import Evidence
from support.approval.model import Outcomes, Verdict
from support.approval.verdict import evidence_of, judge
from support.journal import History, JournalError, read_journal
from support.target import Policy
from support.target.policy import UNTOUCHABLE

T = TypeVar("T")

JOURNAL = "journal.jsonl"
OUTCOMES = "outcomes.json"
POLICY = "policy.json"
MANIFEST = "manifest.json"
VERDICT = "verdict.json"
PARTS = (JOURNAL, OUTCOMES, POLICY)
VERSION = 1

#: What was demanded before manifests named it: an old bundle is not asked for what came later.
FIRST_CRITERIA = (
    "user_isolation",
    "categories",
    "failure_patterns",
    "event_delivery",
    "operations",
    "connections",
    "average_latency",
    "p95_latency",
    "p99_latency",
    "memory_growth",
)


class BundleError(Exception):
    """The bundle can not be written, or can not be judged; the message says why."""


@dataclass(frozen=True)
class Judgement:
    """A verdict computed from a bundle, and the evidence it rests on.

    `altered` names the files that differ from the manifest, the manifest itself when it lists other
    files than a bundle has, and `verdict.json` when it tells of another manifest or decision.
    """

    verdict: Verdict
    altered: tuple[str, ...]
    evidence: Evidence = field(compare=False)

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
        manifest = {"version": VERSION, "sha256": digests, "criteria": list(CRITERIA)}
        (run_dir / MANIFEST).write_bytes(_pretty(manifest))
        return _digest(run_dir / MANIFEST)
    except OSError as error:
        raise BundleError(f"can not write the evidence to {run_dir}: {error.strerror}") from error


def judge_bundle(run_dir: Path) -> Judgement:
    """The verdict on the bundle in `run_dir`, computed anew and compared with `verdict.json`.

    Raises `BundleError` for a folder that holds no bundle or one that can not be read.
    """
    if not (run_dir / MANIFEST).is_file():
        raise BundleError(f"{run_dir} holds no evidence bundle (no {MANIFEST})")
    manifest = _read(run_dir, MANIFEST, _manifest)
    altered = [n for n in PARTS if manifest.sha256.get(n) != _read(run_dir, n, _sha256)]
    if not set(manifest.sha256) <= set(PARTS):
        altered.append(MANIFEST)
    outcomes = _read(run_dir, OUTCOMES, _outcomes)
    policy = _read(run_dir, POLICY, _policy)
    try:
        history = History(list(read_journal(run_dir / JOURNAL)))
    except JournalError as error:
        raise BundleError(f"the evidence in {run_dir} is damaged: {error}") from error
    verdict = judge(outcomes, history, policy, manifest.criteria)
    verdict = msgspec.structs.replace(verdict, bundle_digest=_digest(run_dir / MANIFEST))
    if not _as_written(run_dir, verdict):
        altered.append(VERDICT)
    return Judgement(verdict, tuple(altered), evidence_of(outcomes, history, policy))


def _as_written(run_dir: Path, verdict: Verdict) -> bool:
    """True when `verdict.json` tells of this decision on this evidence, or was never written."""
    if not (run_dir / VERDICT).exists():
        return True
    try:
        told = _read(run_dir, VERDICT, _told)
    except BundleError:
        return False
    return told == _Told(decision=verdict.decision, bundle_digest=verdict.bundle_digest)


class _Told(msgspec.Struct):
    decision: str
    bundle_digest: str


class _Manifest(msgspec.Struct):
    version: int
    sha256: dict[str, str]
    criteria: tuple[str, ...] = FIRST_CRITERIA


def _told(content: bytes) -> _Told:
    return msgspec.json.decode(content, type=_Told)


def _manifest(content: bytes) -> _Manifest:
    """Raises `ValueError` for one that asks for too little, or for what nobody here knows."""
    manifest = msgspec.json.decode(content, type=_Manifest)
    if manifest.version != VERSION:
        raise ValueError(f"version {manifest.version} is not known here, only {VERSION}")
    if missing := [name for name in UNTOUCHABLE if name not in manifest.criteria]:
        raise ValueError(f"{missing[0]} can never be left out")
    if unknown := [name for name in manifest.criteria if name not in CRITERIA]:
        raise ValueError(f"the criterion {unknown[0]!r} is not known here")
    return manifest


def _policy(content: bytes) -> Policy:
    policy = Policy.model_validate_json(content)
    ensure_known(policy)
    return policy


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
