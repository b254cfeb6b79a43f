"""The evidence bundle: what a verdict rests on, on disk, each file with its SHA-256.

`journal.jsonl.gz`, `outcomes.json`, `policy.json`, and `manifest.json` with their digests and the
criteria of its day. The digest of the manifest stands for all of it: it is printed at the end of
the run and on the decision page. Anyone can compute all of this for evidence of their own, so
a bundle without a signature is at best consistent; with a key, `manifest.hmac` is the manifest's
HMAC-SHA256, and only those who hold the key can make one.
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from pydantic import ValidationError

from support.approval.agreement import differing_fields, disagreements
from support.approval.criteria import CRITERIA, ensure_known
from support.approval.evidence import Evidence
from support.approval.model import Outcomes, Verdict
from support.approval.verdict import evidence_of, verdict_on
from support.config import Policy
from support.config.policy import LeastAssessed
from support.journal import History, JournalError, read_journal
from support.journal.compressed import SUFFIX
from support.journal.regular_file import read_regular

T = TypeVar("T")

JOURNAL = "journal.jsonl"
COMPRESSED = JOURNAL + SUFFIX
OUTCOMES = "outcomes.json"
POLICY = "policy.json"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.hmac"
VERDICT = "verdict.json"
#: Format 1 had no ids of scenarios in the journal: its outcomes cannot be compared with it. In
#: format 3 the journal is compressed.
FORMATS = (1, 2, 3)
FORMAT = FORMATS[-1]
FORMAT_PLAIN = 2
GREENLIGHT = version("greenlight")
MOST_BYTES = 64 * 2**20  # of each file but the journal, which has its own bound

#: `unchecked`: signed, but no key was given to check it with.
Signature = Literal["none", "valid", "unchecked", "missing", "wrong"]

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

#: What the manifest of any version has to demand.
EVER_DEMANDED = ("user_isolation", "categories")

#: What was asked of each category before policies said how much.
ONE_OF_EACH = LeastAssessed(**dict.fromkeys(LeastAssessed.model_fields, 1))


class BundleError(Exception):
    """The bundle cannot be written, or cannot be judged; the message says why."""


@dataclass(frozen=True)
class Judgement:
    """A verdict computed from a bundle, and the evidence it rests on.

    `altered` names the files that differ from the manifest, the manifest itself when it lists other
    things than a bundle has, and `verdict.json` when it is not what is computed here, with the
    fields that differ in `fields`. `disagreements` says where outcomes and journal contradict each
    other; `comparable` is false for an old bundle that cannot be asked. `same_version`: this
    version of Greenlight has sealed it.
    """

    verdict: Verdict
    altered: tuple[str, ...]
    evidence: Evidence = field(compare=False)
    fields: tuple[str, ...] = ()
    disagreements: tuple[str, ...] = ()
    signature: Signature = "none"
    comparable: bool = True
    same_version: bool = True

    @property
    def consistent(self) -> bool:
        """True when nothing in the bundle contradicts anything else in it.

        That is no proof of its origin: only a valid signature is.
        """
        return not (self.altered or self.disagreements or self.signature in ("missing", "wrong"))


def seal(run_dir: Path, outcomes: Outcomes, policy: Policy, key: str | None = None) -> str:
    """Write outcomes, policy and manifest beside the journal; the manifest's SHA-256 is returned.

    The digest of a compressed journal is that of the compressed file. With a `key` the manifest is
    signed. Raises `BundleError` when the folder cannot be written.
    """
    try:
        (run_dir / OUTCOMES).write_bytes(_pretty(msgspec.to_builtins(outcomes)))
        (run_dir / POLICY).write_bytes(_pretty(policy.model_dump(mode="json")))
        journal = COMPRESSED if (run_dir / COMPRESSED).exists() else JOURNAL
        names = (journal, OUTCOMES, POLICY)
        digests = {name: _digest_of_file(run_dir / name) for name in names}
        manifest = {
            "version": FORMAT if journal == COMPRESSED else FORMAT_PLAIN,
            "sha256": digests,
            "criteria": list(CRITERIA),
            "greenlight": GREENLIGHT,
            "signed": key is not None,
        }
        content = _pretty(manifest)
        (run_dir / MANIFEST).write_bytes(content)
        (run_dir / SIGNATURE).unlink(missing_ok=True)
        if key is not None:
            (run_dir / SIGNATURE).write_text(_signature(content, key) + "\n", "ascii")
        return _sha256(content)
    except OSError as error:
        raise BundleError(f"cannot write the evidence to {run_dir}: {error.strerror}") from error


def judge_bundle(run_dir: Path, key: str | None = None) -> Judgement:
    """The verdict on the bundle in `run_dir`, recomputed and compared with `verdict.json`.

    With a `key` its signature is checked, and is missing where there is none. Raises `BundleError`
    for a folder that holds no bundle or one that cannot be read.
    """
    with _uncollected():
        return _judged(run_dir, key)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of circles: a journal makes hundreds of thousands of objects at once,
    none of them in a circle, and looking for one takes a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _judged(run_dir: Path, key: str | None) -> Judgement:
    if not (run_dir / MANIFEST).is_file():
        raise BundleError(f"{run_dir} holds no evidence bundle (no {MANIFEST})")
    sealed = _read(run_dir, MANIFEST, bytes)
    manifest = _parsed(run_dir, MANIFEST, sealed, _manifest)
    parts = {name: _read(run_dir, name, bytes) for name in (OUTCOMES, POLICY)}
    outcomes = _parsed(run_dir, OUTCOMES, parts[OUTCOMES], _outcomes)
    policy = _parsed(run_dir, POLICY, parts[POLICY], _policy)
    history, journal_sha256 = _journal(run_dir, manifest.journal)
    found = {manifest.journal: journal_sha256, **{name: _sha256(parts[name]) for name in parts}}
    altered = [name for name in found if manifest.sha256.get(name) != found[name]]
    if not set(manifest.sha256) <= set(found) or manifest.asks_too_little:
        altered.append(MANIFEST)
    contradictions: list[str] = []
    if manifest.comparable and outcomes.journal_whole:
        contradictions = disagreements(outcomes, history)
    asked = msgspec.structs.replace(
        outcomes, disagreements=[*outcomes.disagreements, *contradictions]
    )
    if manifest.criteria == FIRST_CRITERIA:  # older than the rules on what must be assessed
        policy = policy.model_copy(update={"must": (), "least_assessed": ONE_OF_EACH})
    evidence = evidence_of(asked, history, policy)
    verdict = verdict_on(evidence, manifest.criteria)
    verdict = msgspec.structs.replace(verdict, bundle_digest=_sha256(sealed))
    fields = _edited(run_dir, verdict, same_version=manifest.same_version)
    if fields:
        altered.append(VERDICT)
    return Judgement(
        verdict=verdict,
        altered=tuple(altered),
        evidence=evidence,
        fields=fields,
        disagreements=tuple(contradictions),
        signature=_checked(run_dir, sealed, key, signed=manifest.signed),
        comparable=manifest.comparable,
        same_version=manifest.same_version,
    )


def _journal(run_dir: Path, name: str) -> tuple[History, str]:
    """The journal of that name and its SHA-256, read once."""
    digest = hashlib.sha256()
    try:
        history = History(list(read_journal(run_dir / name, seen=digest.update)))
    except JournalError as error:
        if isinstance(cause := error.__cause__, OSError):
            raise _damaged(run_dir, name, cause.strerror or str(cause)) from error
        raise BundleError(f"the evidence in {run_dir} is damaged: {error}") from error
    return history, digest.hexdigest()


def _edited(run_dir: Path, verdict: Verdict, *, same_version: bool) -> tuple[str, ...]:
    """The fields of `verdict.json` that differ; none if it was never written."""
    if not (run_dir / VERDICT).exists():
        return ()
    try:
        written = _read(run_dir, VERDICT, bytes)
        return differing_fields(written, verdict, same_version=same_version)
    except (BundleError, ValueError, RecursionError):
        return ("all of it",)


def _checked(run_dir: Path, sealed: bytes, key: str | None, *, signed: bool) -> Signature:
    if not (run_dir / SIGNATURE).exists():
        return "missing" if signed or key is not None else "none"
    if key is None:
        return "unchecked"
    given = _read(run_dir, SIGNATURE, bytes).strip()
    return "valid" if hmac.compare_digest(given, _signature(sealed, key).encode()) else "wrong"


def _signature(manifest: bytes, key: str) -> str:
    return hmac.new(key.encode("utf-8", "surrogateescape"), manifest, hashlib.sha256).hexdigest()


class _Manifest(msgspec.Struct):
    version: int
    sha256: dict[str, str]
    criteria: tuple[str, ...] = FIRST_CRITERIA
    greenlight: str = ""
    signed: bool = False

    @property
    def comparable(self) -> bool:
        return self.version > 1

    @property
    def journal(self) -> str:
        return COMPRESSED if self.version > FORMAT_PLAIN else JOURNAL

    @property
    def same_version(self) -> bool:
        return self.greenlight == GREENLIGHT

    @property
    def asks_too_little(self) -> bool:
        """True when a criterion was taken out of it: this version never leaves one out."""
        return self.same_version and set(self.criteria) != set(CRITERIA)


def _manifest(content: bytes) -> _Manifest:
    """Raises `ValueError` for one that asks for too little, or for what nobody here knows."""
    manifest = msgspec.json.decode(content, type=_Manifest)
    if manifest.version not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise ValueError(f"version {manifest.version} is not known here, only {known}")
    if missing := [name for name in EVER_DEMANDED if name not in manifest.criteria]:
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
        content = read_regular(run_dir / name, MOST_BYTES)
    except OSError as error:
        raise _damaged(run_dir, name, error.strerror or str(error)) from error
    return _parsed(run_dir, name, content, what)


def _parsed(run_dir: Path, name: str, content: bytes, what: Callable[[bytes], T]) -> T:
    try:
        return what(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        why = f"{key} {first['msg'].removeprefix('Value error, ')}".strip()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        why = str(error)
    raise _damaged(run_dir, name, why)


def _damaged(run_dir: Path, name: str, why: str) -> BundleError:
    return BundleError(f"the evidence in {run_dir} is damaged: {name}: {why}")


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pretty(content: object) -> bytes:
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    return text.encode("utf-8", "replace") + b"\n"
