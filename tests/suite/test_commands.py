"""`greenlight …`, run as people run it: what it prints and with what it exits."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result
from conftest import Reference
from throwaway import ROOT, Ran, Suite

from support.cli import main


def greenlight(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `greenlight` with those arguments."""
    return subprocess.run(
        [sys.executable, "-m", "support.cli", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=30,
    )


def judge(folder: Path) -> Result:
    """Run `greenlight judge` in this process."""
    return CliRunner().invoke(main, ["judge", str(folder)])


@pytest.fixture(scope="session")
def approved(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Ran:
    """An approved run."""
    return Suite(tmp_path_factory.mktemp("approved"), reference.address).run("--tags=@critical")


@pytest.fixture
def bundle(approved: Ran, tmp_path: Path) -> Path:
    """A copy of its evidence."""
    return Path(copytree(approved.folder, tmp_path / "bundle"))


def test_judging_an_approved_bundle_again_exits_0(bundle: Path) -> None:
    judged = greenlight("judge", bundle)
    assert judged.returncode == 0, judged.stderr
    assert "APPROVED" in judged.stdout
    assert "The evidence is intact." in judged.stdout


def test_judging_a_rejected_bundle_again_exits_1(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    judged = greenlight("judge", suite.run().folder)
    assert judged.returncode == 1
    assert "REJECTED" in judged.stdout
    assert "Bob saw Alice's event" in judged.stdout


@pytest.mark.parametrize("name", ["journal.jsonl", "outcomes.json", "policy.json"])
def test_an_altered_bundle_is_noticed_and_exits_3(bundle: Path, name: str) -> None:
    part = bundle / name
    if name == "journal.jsonl":
        *kept, _ = part.read_bytes().splitlines(keepends=True)
        part.write_bytes(b"".join(kept))
    else:
        part.write_bytes(part.read_bytes() + b"\n")
    judged = judge(bundle)
    assert judged.exit_code == 3
    assert f"The evidence was ALTERED after the run: {name}." in judged.stdout


@pytest.mark.parametrize("name", ["journal.jsonl", "outcomes.json", "policy.json", "manifest.json"])
@pytest.mark.parametrize("harm", ["garbled", "emptied", "removed"])
def test_a_damaged_bundle_is_never_judged_as_if_it_were_whole(
    bundle: Path, name: str, harm: str
) -> None:
    part = bundle / name
    if harm == "garbled":
        part.write_bytes(b"\x00\xff{]\n" + part.read_bytes()[20:])
    elif harm == "emptied":
        part.write_bytes(b"")
    else:
        part.unlink()
    judged = judge(bundle)
    assert judged.exit_code == (3 if (name, harm) == ("journal.jsonl", "emptied") else 2)
    if judged.exit_code == 2:
        assert isinstance(judged.exception, SystemExit)
        assert "damaged" in judged.stderr or "holds no evidence bundle" in judged.stderr


def test_what_is_no_folder_at_all_exits_2(tmp_path: Path) -> None:
    judged = judge(tmp_path / "gone")
    assert judged.exit_code == 2
    assert "does not exist" in judged.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["behave --tags=@critical", "judge", "serve", "defects"]),
        (["judge", "--help"], ["Exit status: 0", "greenlight judge reports/latest"]),
        (["serve", "--help"], ["greenlight serve --defect", "--control"]),
        (["defects", "--help"], ["greenlight defects", "-D defect=NAME"]),
        (["--version"], ["version 0."]),
    ],
    ids=lambda value: " ".join(value),
)
def test_help_says_what_a_command_does_and_shows_an_example(
    arguments: Sequence[str], words: Sequence[str]
) -> None:
    helped = CliRunner().invoke(main, arguments)
    assert helped.exit_code == 0
    for word in words:
        assert word in helped.stdout


def test_an_unknown_command_exits_2_and_points_to_the_help() -> None:
    unknown = greenlight("juge")
    assert unknown.returncode == 2
    assert "No such command 'juge'" in unknown.stderr
    assert "--help" in unknown.stderr


def test_defects_are_listed_for_people_and_for_programs() -> None:
    listed = json.loads(greenlight("defects", "--json").stdout)
    assert listed
    shown = greenlight("defects").stdout
    for defect in listed:
        assert set(defect) == {"name", "summary", "rows"}
        assert defect["name"] in shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_starts_says_where_it_is_and_ends_with_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "support.cli", "serve", "--json", "--run-dir", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    ports = [int(said[key].rpartition(":")[2]) for key in ("chat_url", "auth_url")]
    for port in ports:
        socket.create_connection(("127.0.0.1", port), 5).close()
    started = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert time.monotonic() - started < 10
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--defect", "no-such-defect"], "no-such-defect"),
        (["--set", "chat.no_such=1"], "no_such"),
        (["--set", "nonsense"], "SERVICE.NAME=VALUE"),
        (["--run-dir", "/proc/1/run"], "/proc/1/run"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_service_that_can_not_start_says_why_in_a_line(options: list[str], words: str) -> None:
    served = greenlight("serve", *options)
    assert served.returncode == 2
    assert words in served.stderr
    assert "Traceback" not in served.stderr
