"""`greenlight load` as a person uses it: verdict, exit status, what it prints and leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from support.checks.load import load_held
from support.journal import History, read_journal, records
from support.journal.canaries import CANARY
from support.journal.shard_report import merge_all
from support.measures.load import loads

LOAD = (sys.executable, "-c", "from support.cli import main; main()", "load")


def run(
    reports: Path, *arguments: str, before: str = "", **more: float
) -> subprocess.CompletedProcess[str]:
    command = [*LOAD, *arguments, "-D", f"reports={reports}"]
    return subprocess.run(
        ["/bin/sh", "-c", f'{before}exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        timeout=more.get("timeout", 90),
    )


def verdict_in(reports: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((reports / "latest" / "verdict.json").read_bytes())
    return found


SMALL = ("--users", "6", "--duration", "1500ms", "--think", "100ms")


def test_a_load_that_is_held_is_approved_for_what_it_is(tmp_path: Path) -> None:
    ran = run(tmp_path, *SMALL, "--workers", "2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "users       6 of 6 connected, 6 checked to the end" in ran.stdout
    assert "violations  0 in" in ran.stdout
    assert "✔ LOAD HELD  The load was held." in ran.stdout
    assert "Run the gate as well" in ran.stdout
    assert "may be deployed." not in ran.stdout
    verdict = verdict_in(tmp_path)
    assert verdict["decision"] == "APPROVED"
    assert verdict["load_alone"] is True
    report = json.loads((tmp_path / "latest" / "validation_report.json").read_bytes())
    assert report["session"]["kind"] == "load"
    assert (report["deployment"]["approved"], report["deployment"]["load_held"]) == (False, True)
    judged = [c["name"] for c in verdict["criteria"] if c["required"]]  # type: ignore[attr-defined]
    assert judged == ["user_isolation", "categories", "build", "load"]
    again = [sys.executable, "-c", "from support.cli import main; main()", "judge"]
    judged_again = subprocess.run(
        [*again, str(tmp_path / "latest")], capture_output=True, text=True
    )
    assert judged_again.returncode == 0, judged_again.stdout
    assert "The evidence is consistent" in judged_again.stdout
    assert "The result is valid until" in judged_again.stdout, "a load alone approves no build"
    approved = tmp_path / "approved.jsonl"
    names = approved.read_text() if approved.exists() else ""
    assert '"environment":"local"' not in names, "no gate is compared with a load run"


def test_a_leak_is_rejected_and_named_first(tmp_path: Path) -> None:
    ran = run(tmp_path, *SMALL, "-D", "defect=events-to-everyone")
    assert ran.returncode == 1
    assert "REJECTED" in ran.stdout
    assert "1. Data leak: load/User" in ran.stdout
    assert "Fix the first problem above, then repeat the load." in ran.stdout
    assert "rerun the gate" not in ran.stdout
    assert "zq" not in ran.stdout
    (journal,) = (tmp_path / "latest").glob("journal.jsonl*")
    kept = list(read_journal(journal))
    assert any(isinstance(r, records.LoadViolation) and r.frame for r in kept)
    assert not CANARY.search("".join(str(record) for record in kept))


def test_as_many_runs_are_kept_as_the_environment_says(tmp_path: Path) -> None:
    for minute in range(3):
        (tmp_path / f"20260101-00000{minute}-abcd").mkdir()
    run(tmp_path, "--users", "1", "--duration", "300ms", "-D", "reports_kept=2")
    runs = {path.resolve() for path in tmp_path.glob("2*-*-*")}
    assert runs == {tmp_path / "20260101-000002-abcd", (tmp_path / "latest").resolve()}


def test_what_a_gate_must_have_assessed_is_not_asked_of_a_load(tmp_path: Path) -> None:
    ran = run(tmp_path, *SMALL, "-D", "policy.least_assessed.stress=2")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_ctrl_c_keeps_what_was_seen_and_approves_nothing(tmp_path: Path) -> None:
    command = [*LOAD, "--users", "4", "--duration", "60s", "-D", f"reports={tmp_path}"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("4/4 users"):
            break
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert time.monotonic() - started < 40
    assert process.returncode == 3
    assert "INCONCLUSIVE" in rest
    assert "The load was ended early: Ctrl-C." in rest
    assert "users       4 of 4 connected, 4 checked to the end" in rest
    verdict = verdict_in(tmp_path)
    assert (verdict["decision"], verdict["load_alone"]) == ("INCONCLUSIVE", True)
    assert verdict["next_step"].endswith("then repeat it.")  # type: ignore[attr-defined]


def test_a_coordinator_that_is_killed_takes_its_workers_along_and_approves_nothing(
    tmp_path: Path,
) -> None:
    arguments = ("--users", "4", "--workers", "2", "--duration", "60s", "--think", "100ms")
    process = subprocess.Popen(
        [*LOAD, *arguments, "-D", f"reports={tmp_path}"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("4/4 users") and " 0/" not in line:
            break
    started = psutil.Process(process.pid).children(recursive=True)
    assert sum("support.load.worker" in child.cmdline() for child in started) == 2
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(started, timeout=15)
    assert left == []
    assert verdict_in(tmp_path)["decision"] == "RUNNING"
    (journal,) = (tmp_path / "latest").glob("journal.jsonl*")
    kept = list(read_journal(journal))
    assert any(isinstance(record, records.LoadProgress) and record.answered for record in kept)
    assert not any(isinstance(record, records.LoadEnded) for record in kept)
    assert load_held()(History(kept)).state == "unknown"
    judge = [sys.executable, "-c", "from support.cli import main; main()", "judge"]
    judged = subprocess.run([*judge, str(tmp_path / "latest")], capture_output=True, text=True)
    assert judged.returncode != 0, judged.stdout


def greenlight(*arguments: str, **more: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from support.cli import main; main()", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=more.get("timeout", 90), check=False
    )


def journal_in(folder: Path) -> list[records.AnyRecord]:
    (journal,) = folder.glob("journal.jsonl*")
    return list(read_journal(journal))


def intervals_in(folder: Path) -> set[int]:
    if not list(folder.glob("journal.jsonl*")):
        return set()
    kept = journal_in(folder)
    return {record.shard for record in kept if isinstance(record, records.LoadInterval)}


def killed_after_an_interval(reports: Path, *arguments: str) -> Path:
    """The folder of a load run whose coordinator was killed after each worker had reported."""
    process = subprocess.Popen(
        [*LOAD, *arguments, "-D", f"reports={reports}"], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while intervals_in(reports / "latest") != {0, 1}:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    started = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    psutil.wait_procs(started, timeout=15)
    return (reports / "latest").resolve()


def test_a_load_whose_process_was_killed_is_reported_and_carried_on_with(tmp_path: Path) -> None:
    asked = ("--users", "4", "--workers", "2", "--duration", "20s", "--think", "100ms")
    cut = killed_after_an_interval(tmp_path, *asked)
    shown = greenlight("load-report", str(cut))
    assert shown.returncode == 3, shown.stdout + shown.stderr
    (before,) = loads(History(journal_in(cut)))
    assert before.total.answered > 50
    assert f"{before.total.answered:,} answered" in shown.stdout
    assert "of 20 s" in shown.stdout
    assert "The load was not shown to be held: the load run never came to its end." in shown.stdout

    ran = greenlight("load", "--resume", str(cut), "-D", f"reports={tmp_path}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"s were carried out in {cut.name}" in ran.stdout
    (whole,) = loads(History(journal_in(tmp_path / "latest")))
    own = merge_all(shard.report for shard in whole.shards)
    assert whole.total.answered == before.total.answered + own.answered
    assert whole.total.asked == whole.total.answered
    assert (whole.total.users, whole.total.fenced) == (4, 4)
    assert whole.began.plan.done_s == pytest.approx(before.worked_s)
    measured = [c["measured"] for c in verdict_in(tmp_path)["criteria"] if c["name"] == "load"]  # type: ignore[attr-defined]
    assert f"s in {cut.name}" in measured[0]

    again = greenlight("load", "--resume", str(tmp_path / "latest"), "-D", f"reports={tmp_path}")
    assert again.returncode == 2
    assert "all of its time is over" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--resume", "{empty}"), "cannot read"),
        (("--resume", "{empty}", "--users", "9"), "--users cannot be given with --resume"),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = greenlight("load", *(part.format(empty=tmp_path) for part in arguments))
    assert ran.returncode == 2
    assert said in ran.stderr


def test_too_few_open_files_are_refused_before_anything_begins(tmp_path: Path) -> None:
    ran = run(tmp_path, "--users", "200", "--duration", "1s", before="ulimit -n 200; ")
    assert ran.returncode == 2
    assert "may open 200 files, and needs 264: raise the limit (ulimit -n)" in ran.stdout
    verdict = verdict_in(tmp_path)
    assert (verdict["decision"], verdict["load_alone"]) == ("INCONCLUSIVE", True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--users", "0"), "--users: from 1 to 20,000"),
        (("--duration", "soon"), "'soon' is no duration, such as 30s, 5m or 24h"),
        (("--workers", "3", "--users", "2"), "--workers: no more than users"),
        (("--success", "99"), "--success: a share, more than 0 and up to 1"),
    ],
)
def test_what_makes_no_sense_is_refused_without_a_run(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(tmp_path / "reports", *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("package", "arguments"),
    [("picows", ()), ("uvloop", ()), ("distributed", ("--cluster", "tls://127.0.0.1:1"))],
)
def test_without_its_packages_one_line_says_how_to_get_them(
    tmp_path: Path, package: str, arguments: tuple[str, ...]
) -> None:
    hidden = (
        "import importlib.util as u; real = u.find_spec;"
        f"u.find_spec = lambda name, *a: None if name == {package!r} else real(name, *a);"
        "from support.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", hidden, "load", *arguments, "-D", f"reports={tmp_path}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 2
    assert f"load needs more packages ({package}): run pip install '.[load]'" in ran.stderr
    assert "'greenlight[load]'" not in ran.stderr, "a package of that name is somebody else's"
