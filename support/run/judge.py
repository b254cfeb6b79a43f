"""`greenlight judge`: the verdict of a finished run again, and what its evidence is worth."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import click

from support.approval import VERDICT, BundleError, Judgement, judge_bundle
from support.config import SEAL_KEY, DeploymentError, seal_key
from support.report.formatting import mask, moment, redact_with
from support.report.terminal import summary
from support.report.view import view_of

OK, NOT_APPROVED, NOT_CONSISTENT, NOT_VALID = 0, 1, 3, 4
#: The clock of the machine that ran the suite may be ahead of ours by this.
SKEW_S = 300.0
_DIGEST = re.compile(r"[0-9a-f]{64}")


def judge(directory: Path, expected: str | None) -> None:
    """Print the verdict and exit. Raises `click.UsageError` where there is nothing to be judged."""
    expected = expected.strip().lower() if expected is not None else None
    if expected is not None and not _DIGEST.fullmatch(expected):
        raise click.UsageError("--expect wants a digest: 64 characters of 0-9 and a-f")
    try:
        key = seal_key()
        redact_with(lambda text: text.replace(key, "[seal key]") if key else text)
        judgement = judge_bundle(directory, key)
    except (BundleError, DeploymentError) as error:
        raise click.UsageError(mask(str(error))) from error
    try:
        status = _tell(judgement, directory, expected)
        sys.stdout.flush()
    except OSError as error:
        print(f"The verdict could not be printed: {error.strerror}.", file=sys.stderr)
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115 - nothing more can be said there
        status = NOT_APPROVED
    sys.exit(status)


def _tell(judgement: Judgement, directory: Path, expected: str | None) -> int:
    """Print what is to be known; the exit status is returned."""
    verdict = judgement.verdict
    if problems := _problems(judgement, expected):
        # No headline of an approval above evidence that nobody should believe.
        for line in problems:
            click.echo(line)
        click.echo(f"Do not rely on it. What is there would be judged: {verdict.decision}.")
        click.echo(f"Digest    {verdict.bundle_digest}")
        return NOT_CONSISTENT
    status = _status(judgement)
    if status == NOT_VALID:
        click.echo(_validity(judgement))
    summary(view_of(verdict), evidence_path=str(directory))
    for line in _worth(judgement, expected):
        click.echo(line)
    return status


def _problems(judgement: Judgement, expected: str | None) -> list[str]:
    """Why this cannot be the evidence of that run, a sentence each."""
    found = []
    if judgement.altered:
        found.append(f"The evidence was ALTERED after the run: {', '.join(judgement.altered)}.")
    if judgement.fields:
        found.append(f"{VERDICT} differs from what its evidence gives in: {_named(judgement)}.")
        if not judgement.same_version:
            found.append("Another version of Greenlight wrote it, which may be why.")
    found += [f"The evidence contradicts itself: {said}." for said in judgement.disagreements]
    if judgement.signature == "missing":
        found.append(f"The evidence is NOT SIGNED, but must be: {SEAL_KEY} is set, or it says so.")
    if judgement.signature == "wrong":
        found.append(f"The SIGNATURE IS WRONG: it was not made with this {SEAL_KEY}.")
    if expected is not None and expected != judgement.verdict.bundle_digest:
        found.append(f"This is OTHER EVIDENCE than expected: {expected}.")
    return [mask(line) for line in found]


def _named(judgement: Judgement) -> str:
    return ", ".join(judgement.fields)


def _worth(judgement: Judgement, expected: str | None) -> list[str]:
    said = {
        "valid": "The evidence is consistent, and its signature is valid.",
        "unchecked": "The evidence is consistent. It is signed; the signature was not checked:"
        f" {SEAL_KEY} is not set.",
    }.get(judgement.signature, "The evidence is consistent, not signed.")
    lines = [said]
    if expected is not None:
        lines.append("It has the expected digest.")
    if not judgement.comparable:
        lines.append("An old version wrote it: outcomes and journal could not be compared.")
    if judgement.verdict.approved:
        lines.append(_validity(judgement))
    return lines


def _validity(judgement: Judgement) -> str:
    until = moment(judgement.verdict.valid_until)
    what, again = ("approval", "gate") if not judgement.verdict.load_alone else ("result", "load")
    if _expired(judgement):
        return f"The {what} has EXPIRED: it was valid until {until}. Run the {again} again."
    if _from_the_future(judgement):
        return "The evidence is from the FUTURE by the clock of this machine: it is not accepted."
    return f"The {what} is valid until {until}."


def _expired(judgement: Judgement) -> bool:
    return time.time() > judgement.verdict.valid_until


def _from_the_future(judgement: Judgement) -> bool:
    return judgement.verdict.finished > time.time() + SKEW_S


def _status(judgement: Judgement) -> int:
    if not judgement.verdict.approved:
        return NOT_APPROVED
    if _expired(judgement) or _from_the_future(judgement):
        return NOT_VALID
    return OK if judgement.comparable else NOT_APPROVED
