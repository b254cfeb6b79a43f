"""Row F8: whatever a run leaves behind, no token, secret, password or canary is in it.

The secrets are learnt from the wire between the suite and the services, not from the suite.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from secret_search import found, learnt, left_behind, spellings, wires
from throwaway import ROOT, Ran, Suite

from support.dialects.loading import dialect_path
from support.report.allure import html

#: The defects of a deployment that tells every secret it knows, wherever it can.
HOSTILE = (
    "secrets-in-refusals",
    "secrets-in-errors",
    "secrets-in-close-reasons",
    "secrets-in-events",
    "secrets-in-health",
    "passwords-logged",
    "token-echoed",
)
#: The features in which most is said, refused and closed.
FEATURES = (
    "security/authentication.feature",
    "security/isolation.feature",
    "integration/broken_input.feature",
    "integration/large_messages.feature",
)
PLANTED = "xK7-planted+secret/of==the-tests"
NO_TOOLS = not (html.HERE / "node_modules" / "allure" / "cli.js").is_file()

#: Steps by which careless code gives a token away.
CARELESS = """
    import logging
    import os
    import signal
    import sys

    import allure
    from behave import step


    def token(context):
        return context.session.person("Alice").credentials.access


    @step("it breaks with the token in its message")
    def breaks_telling(context): raise OSError(f"sent {token(context)}")

    @step("it breaks because of something that had the token in its message")
    def breaks_because(context):
        try:
            raise ValueError({"Authorization": "Bearer " + token(context)})
        except ValueError as error:
            raise RuntimeError(f"signature {token(context).split('.')[2]}") from error

    @step("it fails with the token in its message")
    def fails_telling(context): assert False, token(context)

    @step("the token is printed, logged and attached")
    def tells(context):
        print("out", token(context))
        print("err", token(context), file=sys.stderr)
        logging.getLogger("careless").error("sent %s", token(context))
        try:
            raise KeyError(token(context))
        except KeyError:
            logging.getLogger("careless").exception("it broke")
        allure.attach(token(context), "the token", allure.attachment_type.TEXT)
        file = context.session.run_dir.parent.parent / "attached.txt"
        file.write_text(token(context))
        allure.attach.file(str(file), "a file with the token")
        file.unlink()

    @step("it is skipped because of the token")
    def skips(context): context.scenario.skip(f"no luck with {token(context)}")

    @step("a clean-up breaks with the token in its message")
    def promises(context):
        told = token(context)
        def close(): raise RuntimeError(told)
        context.add_cleanup(close)

    @step("somebody presses Ctrl-C")
    def interrupted(context):
        print(token(context))
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError(f"still here with {token(context)}")
"""


class Reference:
    """The service with defects, spoken to by other addresses so that secrets are learnt."""

    def __init__(self, run_dir: Path, *defects: str) -> None:
        command = [sys.executable, "-m", "support.reference", "--json", "--control"]
        command += ["--run-dir", str(run_dir)]
        for defect in defects:
            command += ["--defect", defect]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "GREENLIGHT_REFERENCE_SECRET": PLANTED},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self.address = {
            "GREENLIGHT_CHAT_URL": said["chat_url"],
            "GREENLIGHT_AUTH_URL": said["auth_url"],
            "GREENLIGHT_JWT_SECRET": PLANTED,
        }

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(15)


@pytest.fixture(params=[(), HOSTILE], ids=["healthy", "hostile"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reference]:
    """A deployment that keeps secrets, and one that tells them all."""
    running = Reference(tmp_path / "service", *request.param)
    yield running
    running.stop()


def talkative(suite: Suite) -> tuple[str, ...]:
    """The options that make behave say as much as it can, into files, too."""
    said = suite.folder / "said"
    said.mkdir()
    return (
        *("--logging-level=DEBUG", "--verbose", "--junit", f"--junit-directory={said}"),
        *("-f", "json", "-o", str(said / "behave.json"), "-f", "plain", "-o", str(said / "plain")),
        *("-f", "pretty", "--tags=@critical"),
    )


def left(suite: Suite, ran: Ran) -> str:
    """All that a run has left."""
    return left_behind(ran.output, suite.reports, suite.folder / "said")


def test_a_run_that_says_all_it_can_leaves_no_secret(service: Reference, tmp_path: Path) -> None:
    with wires(service.address) as (address, heard):
        suite = Suite(tmp_path, address)
        for feature in FEATURES:
            deployment = suite.folder / "features" / feature
            deployment.parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / "features" / feature, deployment)
        ran = suite.run(*talkative(suite), env={"GREENLIGHT_HTML": str(not NO_TOOLS)}, within_s=90)
        secrets = {**learnt(*(wire.heard for wire in heard)), "signing secret": {PLANTED}}
    assert len(secrets["token"]) > 20  # else the search proves nothing
    assert len(secrets["canary"]) > 5
    assert len(secrets["password"]) > 5
    assert found(secrets, left(suite, ran)) == []
    assert {"passed"} <= set(ran.statuses.values()), ran.output


@pytest.mark.skipif(NO_TOOLS, reason="Allure is not installed here, so there is no page")
def test_the_page_is_among_what_was_searched(suite: Suite) -> None:
    ran = suite.run("--tags=@critical", env={"GREENLIGHT_HTML": "true"}, within_s=90)
    assert (ran.folder / "allure-report" / "index.html").is_file()
    unpacked = left_behind("", suite.reports)
    assert unpacked.count("What happened, line by line") > ran.text().count(
        "What happened, line by line"
    )


@pytest.mark.parametrize(
    "step",
    [
        "it breaks with the token in its message",
        "it breaks because of something that had the token in its message",
        "it fails with the token in its message",
        "the token is printed, logged and attached",
        "it is skipped because of the token",
        "a clean-up breaks with the token in its message",
        "somebody presses Ctrl-C",
    ],
)
@pytest.mark.parametrize("captured", [True, False])
def test_a_careless_step_leaves_no_secret(step: str, captured: bool, suite: Suite) -> None:
    ran, secrets = careless(suite, step, *(() if captured else ("--no-capture",)))
    assert secrets["token"]
    assert secrets["password"]
    assert found(secrets, left(suite, ran)) == []
    assert "[token]" in left(suite, ran)


def careless(suite: Suite, step: str, *options: str) -> tuple[Ran, dict[str, set[str]]]:
    """A run with that step, which fails in the end, and the secrets that were on the wire."""
    suite.steps(CARELESS)
    suite.scenario("Alice connects", step, "it goes wrong")
    with wires(suite.address) as (address, heard):
        ran = suite.run(*talkative(suite), *options, env=address)
        return ran, learnt(*(wire.heard for wire in heard))


def test_a_careless_hook_leaves_no_secret(suite: Suite) -> None:
    suite.hooks("""
        def after_step(context, step):
            people = context.session.people
            if people and people[0].credentials:
                raise RuntimeError(f"was {people[0].credentials.access}")
    """)
    with wires(suite.address) as (address, heard):
        ran = suite.run(*talkative(suite), env=address)
        secrets = learnt(*(wire.heard for wire in heard))
    assert found(secrets, left(suite, ran)) == []
    assert "was [token]" in ran.output


# --- the proof that the search finds what is there


def test_without_redaction_every_kind_of_secret_is_found(suite: Suite) -> None:
    suite.hooks("""
        import re
        from support.journal.redaction import Examined, Redactor
        from support.report import formatting

        Redactor.redact = lambda self, text: text
        Redactor.examine = lambda self, text: Examined(text, self.mentions(text))
        formatting._redactors.clear()
        formatting._SECRETS = re.compile("(?!)")
    """)
    ran, secrets = careless(suite, "the token is printed, logged and attached")
    leaks = found(secrets, left(suite, ran))
    assert {leak.partition(":")[0] for leak in leaks} >= {"token", "canary"}


@pytest.mark.parametrize("number", range(12))
def test_a_secret_is_found_in_every_spelling(number: int, tmp_path: Path) -> None:
    forms = sorted(spellings(PLANTED))
    (tmp_path / "file.txt").write_text(f"text {forms[number % len(forms)]} text", "utf-8")
    assert found({"secret": {PLANTED}}, left_behind("", tmp_path)) != []


# --- what comes in by settings

JUST_WRONG = {
    "no valid JSON": {"GREENLIGHT_USERS": f'[{{"user_id": "x", "token": "{PLANTED}"'},
    "a list for a secret": {"GREENLIGHT_USERS": f'[{{"user_id": "x", "token": ["{PLANTED}"]}}]'},
    "a field too many": {"GREENLIGHT_USERS": f'[{{"user_id": "x", "key": "{PLANTED}"}}]'},
    "a password in the address": {"GREENLIGHT_CHAT_URL": f"http://me:{PLANTED}@127.0.0.1"},
    "a password in the query": {"GREENLIGHT_CHAT_URL": f"http://127.0.0.1/?password={PLANTED}"},
    "a secret for an address": {"GREENLIGHT_AUTH_URL": PLANTED},
    "an alias with a password": {"WEBSOCKET_TEST_URL": f"ws://me:{PLANTED}@127.0.0.1"},
}


@pytest.mark.parametrize("wrong", JUST_WRONG)
def test_a_wrong_setting_is_told_without_its_value(wrong: str, suite: Suite) -> None:
    suite.address.pop("GREENLIGHT_CHAT_URL", None)
    ran = suite.run(env={"GREENLIGHT_JWT_SECRET": PLANTED, **JUST_WRONG[wrong]})
    assert ran.code != 0
    assert "wrong" in ran.output
    assert found({"secret": {PLANTED}}, left_behind(ran.output, suite.reports)) == []


@pytest.mark.parametrize(
    "line",
    [f'jwt_secret = "{PLANTED}', f'jwt_secret = ["{PLANTED}"]', f'[jwt_secret]\nx="{PLANTED}"'],
)
def test_a_broken_file_is_told_without_what_it_holds(line: str, suite: Suite) -> None:
    suite.write("mine.toml", line + "\n")
    suite.address.pop("GREENLIGHT_JWT_SECRET")
    ran = suite.run("-D", f"environment={suite.folder / 'mine.toml'}")
    assert ran.code != 0
    assert found({"secret": {PLANTED}}, left_behind(ran.output, suite.reports)) == []


def test_secrets_of_the_command_line_and_of_given_users_are_not_left(suite: Suite) -> None:
    claims = {
        "iss": "agent-chat-auth",
        "aud": "agent-chat",
        "typ": "access",
        "scope": "chat",
        "iat": 1_700_000_000,
        "exp": 4_000_000_000,
    }
    secret = suite.address["GREENLIGHT_JWT_SECRET"]
    users = [
        {"user_id": f"u-{n}", "token": jwt.encode({**claims, "sub": f"u-{n}"}, secret, "HS256")}
        for n in range(10)
    ]
    ran = suite.run(
        *("--tags=@critical", "-D", f"jwt_secret={secret}"),
        env={"GREENLIGHT_SIGN_IN": "static", "GREENLIGHT_USERS": json.dumps(users)},
    )
    assert ran.decision == "APPROVED", ran.output
    secrets = {"token": {user["token"] for user in users}, "secret": {secret}}
    assert found(secrets, left_behind(ran.output, suite.reports)) == []


def test_variables_that_are_called_a_secret_are_not_left(suite: Suite) -> None:
    text = dialect_path("agent-chat-v1").read_text("utf-8")
    asks = 'message = { type = "user_message", request_id = "{request_id}", content = "{text}"'
    more = 'metadata = { a = "{api_key}", b = "{own_ticket}", c = "{project}" }'
    assert text.count(f"{asks} }}") == 1
    text = text.replace(f"{asks} }}", f"{asks}, {more} }}")
    text += '\n[variables]\nproject = "x"\nown_ticket = "Hk3-planted+for/the==dialect"\n'
    suite.write("mine.toml", text + '[required]\napi_key = "the key of the gateway"\n')
    planted = {"api_key": "Zq4-planted+for/the==flag", "own_ticket": "Hk3-planted+for/the==dialect"}
    ran = suite.run(
        *talkative(suite),
        *("-D", f"dialect={suite.folder / 'mine.toml'}"),
        *("-D", f"variables.api_key={planted['api_key']}", "-Dvariables.project=apollo-11"),
    )
    assert ran.decision == "APPROVED", ran.output
    assert found({name: {value} for name, value in planted.items()}, left(suite, ran)) == []
    assert "'variables.api_key=…' '-Dvariables.project=…'" in ran.outcomes["command"]
    for shown in ("[api_key]", "[own_ticket]", "apollo-11"):
        assert shown in ran.text()


# --- what the bundled reference leaves


def test_the_reference_leaves_its_logs_without_secrets_and_no_store(suite: Suite) -> None:
    suite.steps(CARELESS)
    suite.scenario("Alice connects", "Alice asks a question", "it goes wrong")
    defects = "passwords-logged,secrets-in-refusals"
    suite.write("env.toml", (ROOT / "support/config/environments/local.toml").read_text("utf-8"))
    suite.address = {"TMPDIR": str(suite.folder / "scratch")}
    (suite.folder / "scratch").mkdir()
    ran = suite.run("--tags=@critical", f"-Ddefect={defects}")
    log = (ran.folder / "reference.log").read_text("utf-8")
    assert re.search(r"auth: .* new user .*\[password\]", log)
    assert re.search(r"chat: .* Bearer \[token\], checked with \[signing secret\]", log)
    assert not list(ran.folder.glob("*.db*"))
    assert not list((suite.folder / "scratch").glob("greenlight-*"))
    assert found({}, left_behind(ran.output, suite.reports)) == []


def test_a_figure_that_is_a_secret_is_not_told(suite: Suite, tmp_path: Path) -> None:
    service = Reference(tmp_path / "service", "secrets-in-metrics")
    try:
        ran = suite.run(*talkative(suite), env=service.address)
    finally:
        service.stop()
    assert ran.code != 0
    assert "is no number" in ran.output
    assert found({"secret": {PLANTED}}, left(suite, ran)) == []


def test_a_reference_that_cannot_start_tells_no_secret(suite: Suite) -> None:
    suite.write(
        "env.toml",
        f"""
        [reference]
        bundled = true
        [reference.settings]
        "auth.operators" = "me@example.test:{PLANTED}:chat,broken"
        """,
    )
    suite.address = {}
    ran = suite.run("--tags=@critical")
    assert ran.code != 0
    assert found({"password": {PLANTED}}, left_behind(ran.output, suite.reports)) == []
