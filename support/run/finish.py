"""The end of a run: evidence sealed, verdict computed from it, report written, last words said."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import msgspec

from support.approval import (
    BASELINE,
    JOURNAL,
    PREVIOUS,
    ApprovedRun,
    BundleError,
    Outcome,
    Outcomes,
    PreviousRun,
    earlier_runs,
    evidence_of,
    judge,
    judge_bundle,
    machine_kind,
    previous_run,
    remember,
    remember_results,
    seal,
)
from support.deployment import CAPABILITIES
from support.journal import History, compress
from support.report.allure.html import generate
from support.report.allure.marks import mark_results
from support.report.allure.results import disagreements
from support.report.allure.run_level import greenlight, write_run_level
from support.report.artifacts import write_artifacts
from support.report.files import LATEST, ReportFolderError, RunFolder, point_latest
from support.report.finished_run import FinishedRun
from support.report.formatting import mask
from support.report.github import failure_annotations, report_to_github
from support.report.render import decision_html, decision_markdown
from support.report.terminal import report_line, summary
from support.report.trend import runs_before
from support.run.ci_job import ci_job
from support.run.gathered import Gathered
from support.run.run_by import run_by

PACKAGES = ("behave", "websockets", "PyHamcrest", "PyJWT", "allure-behave", "requests")


def finish_run(
    given: Gathered,
    folder: RunFolder,
    *,
    gate: bool,
    run_id: str,
    outcomes: list[Outcome],
    started: float,
    aborted: str,
    curtailed: str = "",
    command: str,
    harness_errors: Sequence[str] = (),
) -> bool:
    """True for APPROVED; of a rehearsal, when its records are whole and agree.

    Whatever goes wrong in here is said, and never approves.
    """
    errors = [mask(error) for error in (*harness_errors, *given.errors)]
    with suppress(OSError):  # the journal is then kept as it is, and judged as well
        compress(given.run_dir / JOURNAL)
    collected = Outcomes(
        gate=gate,
        run_id=run_id,
        environment=given.environment.name,
        target=mask(given.target),
        build=given.build,
        expected_build=mask(given.environment.expect_build or ""),
        started=started,
        finished=time.time(),
        command=mask(command),
        scenarios=outcomes,
        disagreements=disagreements(outcomes, folder.results) if given.by_behave else [],
        harness_errors=errors,
        journal_whole=not given.journal_broken,
        aborted=mask(aborted),
        curtailed=mask(curtailed),
        versions={"greenlight": greenlight(), **{name: version(name) for name in PACKAGES}},
        baseline=_baseline(given, folder),
        machine=machine_kind(),
        capabilities=given.capabilities,
        known_capabilities=tuple(sorted(CAPABILITIES)),
        single_user=given.environment.single_user,
        run_by=mask(run_by(os.environ)),
        ci=ci_job(os.environ),
        previous=_previous(given, folder),
        own_environment=given.environment.own,
    )
    run, readable = _decided(given, folder, collected)
    _show(given, run, readable)
    whole = not (collected.harness_errors or collected.disagreements)
    return run.verdict.approved if gate else whole


def _decided(given: Gathered, folder: RunFolder, collected: Outcomes) -> tuple[FinishedRun, bool]:
    """The run with its verdict; and whether people can read it: what they cannot, is no approval.

    A second try says so, if the disk allows.
    """
    run = _judged(given, folder, collected)
    problem = _written(run)
    if not problem:
        return run, True
    collected.harness_errors.append(problem)
    run = _judged(given, folder, collected)
    return run, not _written(run)


def _show(given: Gathered, run: FinishedRun, readable: bool) -> None:
    """The summary at once; then what takes longer: files for other programs, pages, pictures."""
    summary(run.view, evidence_path=_shown(run.folder.path))
    remarks = write_artifacts(run)
    page = None
    if readable:
        page = _page(given, run)
        _remember(run)
    shown = _shown(page) if page else None
    remarks += report_to_github(run, shown or "", os.environ)
    for line in (*remarks, *failure_annotations(run, os.environ)):
        print(line)
    report_line(shown)


def _baseline(given: Gathered, folder: RunFolder) -> list[ApprovedRun]:
    """The approved runs to compare with; none, and that is said, where they cannot be read."""
    path = folder.history.with_name(BASELINE)
    try:
        return earlier_runs(path, given.target, given.environment.name, machine_kind())
    except OSError as error:
        print(f"There is no baseline: {path.name} cannot be read ({error.strerror}).")
        return []


def _previous(given: Gathered, folder: RunFolder) -> PreviousRun | None:
    """How scenarios ended before; nothing, and that is said, where it cannot be read."""
    path = folder.history.with_name(PREVIOUS)
    try:
        return previous_run(path, mask(given.target), given.environment.name)
    except OSError as error:
        print(f"Nothing is compared with the run before: {path.name}: {error.strerror}.")
        return None


def _remember(run: FinishedRun) -> None:
    """Let later runs be compared with this one. Whatever goes wrong here, the verdict stands."""
    history = run.folder.history
    try:
        remember(history.with_name(BASELINE), run.verdict)
        remember_results(history.with_name(PREVIOUS), run.evidence.outcomes)
    except OSError as error:
        print(f"Later runs will not be compared with this one: {error.strerror}.")


def _judged(given: Gathered, folder: RunFolder, collected: Outcomes) -> FinishedRun:
    policy = given.environment.policy
    try:
        seal(given.run_dir, collected, policy, given.seal_key)
        judgement = judge_bundle(given.run_dir, given.seal_key)
        verdict, evidence = judgement.verdict, judgement.evidence
    except BundleError as error:
        collected.harness_errors.append(f"{error}.")
        nothing = History([])
        verdict = judge(collected, nothing, policy)
        evidence = evidence_of(collected, nothing, policy)
    return FinishedRun(
        folder=folder,
        verdict=verdict,
        evidence=evidence,
        dialect=given.environment.dialect,
        earlier=runs_before(folder.path.parent, collected.target, collected.environment),
    )


def _written(run: FinishedRun) -> str:
    """Why the verdict could not be written down; then nothing of it is left. Empty: it was."""
    folder, verdict = run.folder, run.verdict
    try:
        (folder.path / "decision.html").write_text(decision_html(run.view), "utf-8")
        (folder.path / "decision.md").write_text(decision_markdown(run.view), "utf-8")
        verdict_json = msgspec.json.format(msgspec.json.encode(verdict), indent=1)
        (folder.path / "verdict.json").write_bytes(verdict_json)
        write_run_level(folder.results, run.view, charts=run.drawn)
        remark = point_latest(folder)
    except (OSError, ReportFolderError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        for half in (*folder.path.glob("decision.*"), *folder.path.glob("verdict.json")):
            _remove(half)
        for half in folder.results.glob("greenlight-*"):
            _remove(half)
        return f"The report could not be written: {said or error}."
    if remark:
        print(remark)
    return ""


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _page(given: Gathered, run: FinishedRun) -> Path | None:
    """The page an approver opens. Whatever goes wrong here, the verdict stands."""
    folder, verdict = run.folder, run.verdict
    page = folder.path / "decision.html"
    if given.environment.html and verdict.decision != "NO DECISION":
        with suppress(OSError, ValueError):  # the marks are of use only to who looks closer
            mark_results(folder.results, run.transcripts, verdict.flaky)
        html = generate(folder.results, folder.html, run.view, folder.history)
        if html.ok and html.index is not None:
            page = html.index
        else:
            print(f"There is no Allure page; the verdict stands without it. {html.reason}")
    latest = folder.path.parent / LATEST
    return latest / page.relative_to(folder.path) if latest.exists() else page


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
