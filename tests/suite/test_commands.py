"""`greenlight …`, run as people run it: what it prints and with what it exits."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree

import forked
import psutil
import pytest
from click.testing import CliRunner, Result
from reference_process import Reference
from run_files import COMPRESSED, journal_lines, write_lines
from throwaway import ENVIRONMENT, ROOT, Ran, Suite

from support.cli import main


def greenlight(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `greenlight` with those arguments."""
    return forked.run(
        [sys.executable, "-m", "support.cli", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", **variables},
        stderr=subprocess.PIPE,
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


@pytest.mark.parametrize("command", [[], ["dialect"]])
def test_the_list_of_commands_describes_each_in_one_whole_line(command: list[str]) -> None:
    listed = CliRunner().invoke(main, [*command, "--help"], terminal_width=80).output
    lines = listed.split("Commands:\n")[1].splitlines()
    assert len(lines) >= 3
    assert all(line.endswith(".") and not line.endswith("...") for line in lines), listed


def test_judging_an_approved_bundle_again_exits_0(bundle: Path) -> None:
    judged = greenlight("judge", bundle)
    assert judged.returncode == 0, judged.stderr
    assert "APPROVED" in judged.stdout
    assert "The evidence is consistent, not signed." in judged.stdout
    assert "The approval is valid until" in judged.stdout


def test_judging_a_rejected_bundle_again_exits_1(suite: Suite) -> None:
    suite.scenario("it goes wrong")
    judged = greenlight("judge", suite.run().folder)
    assert judged.returncode == 1
    assert "REJECTED" in judged.stdout
    assert "Bob saw Alice's event" in judged.stdout


@pytest.mark.parametrize("name", [COMPRESSED, "outcomes.json", "policy.json"])
def test_an_altered_bundle_is_noticed_and_exits_3(bundle: Path, name: str) -> None:
    part = bundle / name
    if name == COMPRESSED:
        write_lines(bundle, journal_lines(bundle)[:-1])
    else:
        part.write_bytes(part.read_bytes() + b"\n")
    judged = judge(bundle)
    assert judged.exit_code == 3
    assert f"The evidence was ALTERED after the run: {name}" in judged.stdout


@pytest.mark.parametrize("name", [COMPRESSED, "outcomes.json", "policy.json", "manifest.json"])
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
    assert judged.exit_code == (3 if (name, harm) == (COMPRESSED, "emptied") else 2)
    if judged.exit_code == 2:
        assert isinstance(judged.exception, SystemExit)
        assert "damaged" in judged.stderr or "holds no evidence bundle" in judged.stderr


def test_the_digest_is_the_same_wherever_it_is_reported(approved: Ran) -> None:
    digest = approved.verdict["bundle_digest"]
    pages = [(approved.folder / f"decision.{kind}").read_text("utf-8") for kind in ("html", "md")]
    for text in (approved.output, *pages, greenlight("judge", approved.folder).stdout):
        assert digest in text


def test_the_digest_that_is_expected_must_be_the_one_that_is_there(approved: Ran) -> None:
    digest = approved.verdict["bundle_digest"]
    same = greenlight("judge", approved.folder, "--expect", digest)
    assert (same.returncode, "It has the expected digest." in same.stdout) == (0, True)
    other = greenlight("judge", approved.folder, "--expect", "0" * 64)
    assert (other.returncode, "This is OTHER EVIDENCE than expected" in other.stdout) == (3, True)
    half = greenlight("judge", approved.folder, "--expect", digest[:12])
    assert (half.returncode, "--expect wants a digest" in half.stderr) == (2, True)


def test_flipped_outcomes_and_another_build_are_noticed_though_every_hash_fits(
    suite: Suite,
) -> None:
    suite.scenario("it goes wrong")
    folder = suite.run().folder
    outcomes = json.loads((folder / "outcomes.json").read_bytes())
    for scenario in outcomes["scenarios"]:
        scenario.update(status="passed", reason="")
    (folder / "outcomes.json").write_text(json.dumps({**outcomes, "build": "6.6.6"}), "utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    content = (folder / "outcomes.json").read_bytes()
    manifest["sha256"]["outcomes.json"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "verdict.json").unlink()
    judged = greenlight("judge", folder)
    assert judged.returncode == 3
    assert "listed as passed, but by the journal it ended as failed" in judged.stdout
    assert "not 6.6.6" in judged.stdout
    assert "consistent" not in judged.stdout


def test_a_key_signs_and_is_told_nowhere(suite: Suite, bundle: Path) -> None:
    key = "f8c1-a-seal-key-of-these-tests"
    suite.steps(
        """
        import os
        from behave import step

        @step("the environment is printed")
        def tell(context): print(os.environ)
        """
    )
    suite.scenario("the environment is printed", "it goes wrong")
    ran = suite.run("--no-capture", env={"GREENLIGHT_SEAL_KEY": key})
    assert "[seal key]" in ran.output
    assert key not in ran.text()
    signed = {"GREENLIGHT_SEAL_KEY": key}
    assert "its signature is valid" in greenlight("judge", ran.folder, **signed).stdout
    unsigned = greenlight("judge", bundle, **signed)
    assert (unsigned.returncode, "NOT SIGNED" in unsigned.stdout) == (3, True)
    other = greenlight("judge", ran.folder, GREENLIGHT_SEAL_KEY=key[::-1])
    assert (other.returncode, "SIGNATURE IS WRONG" in other.stdout) == (3, True)
    unchecked = greenlight("judge", ran.folder)
    assert "signature was not checked" in unchecked.stdout


@pytest.mark.parametrize("key", ["", "short"])
def test_a_key_that_is_empty_or_too_short_is_an_error_that_names_it(
    suite: Suite, bundle: Path, key: str
) -> None:
    ran = suite.run("--tags=@critical", env={"GREENLIGHT_SEAL_KEY": key})
    assert ran.code != 0
    for said in (ran.output, greenlight("judge", bundle, GREENLIGHT_SEAL_KEY=key).stderr):
        assert f"GREENLIGHT_SEAL_KEY has {len(key)} characters" in said


def test_an_approval_ends_with_its_time(suite: Suite) -> None:
    suite.write("env.toml", ENVIRONMENT.replace("[policy]", "[policy]\n    approval_hours = 1e-7"))
    ran = suite.run("--tags=@critical")
    assert ran.decision == "APPROVED"
    judged = greenlight("judge", ran.folder)
    assert (judged.returncode, "APPROVED" in judged.stdout) == (4, True)
    assert "The approval has EXPIRED: it was valid until" in judged.stdout


@pytest.mark.parametrize("expected", ["", "0.0.0-other"])
def test_only_the_build_that_is_expected_is_approved(
    suite: Suite, approved: Ran, expected: str
) -> None:
    good = suite.run("--tags=@critical", f"-Dexpect_build={approved.verdict['build']}")
    assert (good.code, good.decision) == (0, "APPROVED")
    shutil.rmtree(suite.reports)
    ran = suite.run("--tags=@critical", f"-Dexpect_build={expected}")
    assert ran.code != 0
    if not expected:
        assert "expect_build" in ran.output
        return
    assert ran.decision == "INCONCLUSIVE"
    assert f"is deployed, but {expected} was expected" in ran.reasons
    assert ran.judged() == "INCONCLUSIVE"


def test_an_empty_expectation_out_of_the_environment_is_an_error(suite: Suite) -> None:
    ran = suite.run("--tags=@critical", env={"GREENLIGHT_EXPECT_BUILD": ""})
    assert ran.code != 0
    assert "GREENLIGHT_EXPECT_BUILD is set, but empty" in ran.output


def test_a_build_that_changes_during_the_run_is_not_approved(tmp_path: Path) -> None:
    bundled = Suite(tmp_path, {})
    bundled.write("env.toml", ENVIRONMENT + "\n    [reference]\n    bundled = true\n")
    defect = "build-changes-midway"
    ran = bundled.run("--tags=@critical", f"-Ddefect={defect}")
    assert (ran.code != 0, ran.decision) == (True, "INCONCLUSIVE"), ran.output
    assert "The build changed during the run" in ran.reasons
    [build] = [c for c in ran.verdict["criteria"] if c["name"] == "build"]
    assert build["state"] == "invalid"
    assert ran.judged() == "INCONCLUSIVE"


def test_a_known_failure_is_accepted_by_name_and_the_evidence_agrees(suite: Suite) -> None:
    suite.scenario("it goes wrong", name="Large messages arrive whole")
    assert suite.run("--tags=@critical").decision == "REJECTED"
    shutil.rmtree(suite.reports)
    suite.feature(
        "@functional @critical\nFeature: More\n  Scenario: More\n    When all is well\n",
        "functional/more.feature",
    )
    known = """
    [[policy.accepted_failures]]
    scenario = "Large messages arrive whole"
    owner = "maria@example.test"
    reason = "CHAT-123"
    expires = 2999-12-31
    """
    suite.write("env.toml", ENVIRONMENT + known)
    ran = suite.run("--tags=@critical")
    assert (ran.code, ran.decision, ran.judged()) == (0, "APPROVED", "APPROVED"), ran.output
    assert "accepted: Large messages arrive whole: CHAT-123" in ran.output


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
        (["requirements", "--help"], ["greenlight requirements", "--tags=@H1"]),
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


def test_the_new_name_of_a_renamed_command_is_given() -> None:
    renamed = greenlight("rows")
    assert renamed.returncode == 2
    assert "the command rows is now called requirements" in renamed.stderr
    assert json.loads(greenlight("requirements", "--json").stdout)


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
    children = psutil.Process(process.pid).children(recursive=True)
    started = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert time.monotonic() - started < 10
    # Another test may listen on the ports by now: what counts is that nobody of this one is left.
    assert not psutil.wait_procs(children, timeout=5)[1]


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
def test_a_service_that_cannot_start_says_why_in_a_line(options: list[str], words: str) -> None:
    served = greenlight("serve", *options)
    assert served.returncode == 2
    assert words in served.stderr
    assert "Traceback" not in served.stderr
