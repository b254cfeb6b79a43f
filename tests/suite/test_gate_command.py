"""`greenlight gate`: 0 for a sealed APPROVED of this very run, whatever ends its process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from behave.exception import ConfigError
from test_bad_input import TROUBLE, waiting
from throwaway import GATE, GOOD, Ran, Suite, agree

from support.run.proof import Proof
from support.run.start import refuse_elsewhere

ENDING = """
    import atexit, os, signal, sys
    from behave import step

    @step("the process ends with os._exit")
    def leaves(context): os._exit(0)

    @step("the process becomes another")
    def becomes(context): os.execv("/bin/true", ["true"])

    @step("the process crashes")
    def crashes(context): os.kill(os.getpid(), signal.SIGSEGV)

    @step("the process is killed")
    def killed(context): os.kill(os.getpid(), signal.SIGKILL)

    @step("the status is set to 0 at exit, and it goes wrong")
    def set_at_exit(context):
        atexit.register(os._exit, 0)
        assert False, "Bob saw Alice's event"

    @step("the status is set to 7 at exit")
    def spoilt_at_exit(context): atexit.register(os._exit, 7)
"""
ENDS = [
    "the process ends with os._exit",
    "the process becomes another",
    "the process crashes",
    "the process is killed",
]


def latest(ran: Ran) -> str:
    """The word in `reports/latest`, the same in all three places."""
    folder = ran.reports / "latest"
    word = str(json.loads((folder / "verdict.json").read_text("utf-8"))["decision"])
    for name in ("decision.html", "decision.md"):
        assert word in (folder / name).read_text("utf-8"), name
    return word


def test_an_approved_gate_exits_0(suite: Suite) -> None:
    ran = suite.run(command=GATE)
    agree(ran, "APPROVED")
    assert ran.code == 0
    assert len(ran.outcomes["run_id"]) == 32


def test_a_gate_in_another_folder_says_where_to_run_it(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [sys.executable, "-m", "support.cli", "gate", "-D", "environment=env.toml"]
    paths = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, cwd=elsewhere, env=paths, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "there are no features in this folder" in done.stderr
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("named", ["a.feature", "a.feature:12", "in/b.feature:3"])
def test_a_feature_elsewhere_may_be_named_by_its_line(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no features in this folder"):
        refuse_elsewhere([named])
    (tmp_path / "in").mkdir()
    for file in ("a.feature", "in/b.feature"):
        (tmp_path / file).touch()
    refuse_elsewhere(["-D", "environment=local", named])


def test_a_rejected_gate_exits_as_behave_does(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    ran = suite.run(command=GATE)
    agree(ran, "REJECTED")
    assert ran.code == 1
    assert "INCONCLUSIVE: behave ended" not in ran.output


@pytest.mark.parametrize("step", ENDS)
def test_a_process_that_ends_without_a_verdict_is_inconclusive(suite: Suite, step: str) -> None:
    """It happens after an approved run: `reports/latest` must not show that one any more."""
    assert suite.run(command=GATE).code == 0
    suite.steps(ENDING)
    suite.scenario(step)
    ran = suite.run(command=GATE)
    assert ran.code > 0
    assert "INCONCLUSIVE: behave ended with s" in ran.output
    assert "no sealed verdict of this run" in ran.output
    assert latest(ran) == "INCONCLUSIVE"


def test_plain_behave_that_is_ended_leaves_a_page_without_an_approval(suite: Suite) -> None:
    assert suite.run("--tags=@critical").code == 0
    suite.steps(ENDING)
    suite.scenario(ENDS[0])
    assert latest(suite.run("--tags=@critical")) == "RUNNING"


def test_a_status_of_0_that_the_verdict_does_not_bear_out_is_not_handed_on(suite: Suite) -> None:
    suite.steps(ENDING)
    suite.scenario("the status is set to 0 at exit, and it goes wrong")
    ran = suite.run(command=GATE)
    assert ran.code == 1
    assert ran.decision == latest(ran) == "REJECTED"
    assert "behave ended with status 0, but its verdict is REJECTED" in ran.output


def test_an_approval_by_a_process_that_then_failed_is_not_handed_on(suite: Suite) -> None:
    suite.steps(ENDING)
    suite.scenario("the status is set to 7 at exit")
    ran = suite.run(command=GATE)
    assert ran.decision == "APPROVED"
    assert ran.code == 7
    assert "behave ended with status 7, but its verdict is APPROVED" in ran.output


@pytest.mark.parametrize(
    "options",
    [["--version"], ["--tags-help"], ["--format", "help"], ["--runner", "help"], ["--dry-run"]],
    ids=" ".join,
)
def test_what_makes_behave_do_something_else_is_no_gate(suite: Suite, options: list[str]) -> None:
    ran = suite.run(*options, command=GATE)
    assert ran.code != 0
    assert "no run was made. Nothing is approved." in ran.output
    assert ran.left_nothing


@pytest.mark.parametrize(
    "options",
    [
        ["--tags=@security"],
        ["--name", GOOD],
        ["features/security"],
        ["-D", "gate=false", "--name", GOOD],
        ["--", "features/security"],
    ],
    ids=" ".join,
)
def test_a_gate_that_is_narrowed_never_exits_0(suite: Suite, options: list[str]) -> None:
    suite.scenario("all is well")
    ran = suite.run(*options, command=GATE)
    assert ran.code != 0
    assert "Nothing is approved." in ran.output
    assert "APPROVED  " not in ran.output


def test_another_runs_verdict_does_not_count(suite: Suite) -> None:
    """A step puts an approved run's folder into the place of its own, and ends the process."""
    suite.run(command=GATE)
    suite.steps("""
        import os, pathlib, shutil
        from behave import step

        @step("an earlier verdict is put in place of this one")
        def swaps(context):
            own = context.session.run_dir
            (earlier,) = (p for p in own.parent.iterdir() if p.name[:2] == "20" and p != own)
            shutil.rmtree(own)
            shutil.copytree(earlier, own)
            os._exit(0)
    """)
    suite.scenario("an earlier verdict is put in place of this one")
    ran = suite.run(command=GATE)
    assert ran.code != 0
    assert "is of another run" in ran.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_passed_on(suite: Suite, number: signal.Signals) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in an async step")
    process = suite.start(command=GATE)
    waiting(suite, process)
    process.send_signal(number)
    ran = suite.ended(process, within_s=10)
    agree(ran, "INCONCLUSIVE")
    assert ran.code == 1
    assert "The run was interrupted by" in ran.reasons


def test_ctrl_c_in_a_terminal_reaches_both_and_the_verdict_is_sealed(suite: Suite) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in a sync step")
    process = suite.start(command=GATE)
    waiting(suite, process)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.01)
    ran = suite.ended(process, within_s=10)
    agree(ran, "INCONCLUSIVE")


def test_a_flag_that_has_the_letter_of_help_in_it_asks_for_no_help(suite: Suite) -> None:
    ran = suite.run("-Dpatience.hurry=1", command=GATE)
    assert ran.code != 0
    assert "patience.hurry is no setting" in ran.output
    assert "Usage" not in ran.output


def test_evidence_that_changes_after_its_verdict_is_judged_again(
    suite: Suite, tmp_path: Path
) -> None:
    """The verdict is proven while the report is being written; what comes later counts as well."""
    ran = suite.run(command=GATE)
    receipt = tmp_path / ran.outcomes["run_id"]
    receipt.write_text(str(ran.folder), "utf-8")
    proof = Proof(receipt)
    proof.look()
    assert proof.verdict() == ("APPROVED", "")
    with (ran.folder / "outcomes.json").open("a", encoding="utf-8") as file:
        file.write("\n")
    decision, problem = proof.verdict()
    assert decision == ""
    assert "does not fit together" in problem
