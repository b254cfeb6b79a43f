"""`greenlight dialect try` and `new`: what a person sees who has never seen the suite."""

from __future__ import annotations

import json
import re
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from websockets.sync.server import ServerConnection, serve

from support.cli import main
from support.config import Environment, Policy
from support.deployment.deployment import CAPABILITIES
from support.dialects import load_dialect
from support.dialects.conversation import Heard
from support.dialects.loading import dialect_path
from support.journal import facts, records
from support.run.trial.claims import tell_claims
from support.run.trial.telling import Teller

RECORDED = Path(__file__).parent / "recorded"
NOBODY_THERE = ("--chat-url", "ws://127.0.0.1:9", "-D", "sign_in=mint", "-D", "jwt_secret=x" * 9)
OWN = dialect_path("agent-chat-v1").read_text("utf-8")


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GREENLIGHT_REPORTS", str(tmp_path / "reports"))


def dialect(*words: str) -> Result:
    return CliRunner().invoke(main, ["dialect", *words])


def changed(path: Path, old: str, new: str) -> Path:
    assert old in OWN
    path.write_text(OWN.replace(old, new), "utf-8")
    return path


def test_a_trial_shows_each_message_its_rule_and_its_fact(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    done = dialect("try", "agent-chat-v1", "--record", str(journal))
    assert done.exit_code == 0, done.output
    said = done.output
    line = OWN.splitlines().index("when = \"type=='agent_completed'\"") + 1
    assert re.search(rf"rule 7, line {line}: type=='agent_completed'\n +⇒ agent_completed  ", said)
    assert "connection is cut" in said
    assert said.count("⇒ subscribed  recovered=true") == 2
    assert said.count("✔ the run is over: agent_started") == 2
    assert re.search(r"\d+ of \d+ scenarios at most", said)
    assert "NO RULE" not in said
    assert all(len(line) <= 160 for line in said.splitlines())

    again = dialect("try", "agent-chat-v1", "--replay", str(journal))
    assert again.exit_code == 0, again.output
    assert "agent_completed" in again.output

    wrong = changed(tmp_path / "wrong.toml", "=='agent_completed'\"", "=='agent_complete'\"")
    told = dialect("try", str(wrong), "--replay", str(journal))
    assert told.exit_code == 1, told.output  # nothing completes
    never = r"rule 7, line \d+, says agent_completed: type=='agent_complete'"
    assert re.search(never, told.output)


def test_a_message_that_no_rule_takes_is_shown_with_the_nearest(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    last = OWN.rindex("[[read]]")
    wrong.write_text(OWN[:last].replace("=='accepted'\"", "=='acceptd'\""), "utf-8")
    done = dialect("try", str(wrong), "-D", "patience.answer_s=0.5")
    assert done.exit_code == 1, done.output
    assert "NO RULE MATCHED; nearest is rule 2, line " in done.output
    assert "not type=='acceptd' (there it is \"accepted\")" in done.output
    assert "the question was never accepted" in done.output


def test_a_plain_question_that_brings_no_tool_is_said_to_be_incomplete(tmp_path: Path) -> None:
    wrong = changed(tmp_path / "wrong.toml", "=='tool_executing'\"", "=='tool_call'\"")
    said = dialect("try", str(wrong)).output
    assert "the plain question brought no tool_executing: write [prompts] plain so that" in said
    assert "brought no" not in dialect("try", "agent-chat-v1").output


def test_what_was_recorded_elsewhere_can_be_read(tmp_path: Path) -> None:
    started = tmp_path / "ours.toml"
    assert dialect("new", str(started)).exit_code == 0
    frames = [
        {"way": "out", "text": {"type": "ask", "id": "7", "text": "hello"}},
        {"way": "in", "text": {"type": "accepted", "id": "7"}},
        {"way": "in", "text": '{"type":"thinking","id":"7"}'},
        {"way": "in", "text": {"type": "answer", "id": "7", "text": "hello yourself"}},
    ]
    recorded = tmp_path / "frames.jsonl"
    recorded.write_text("\n".join(map(json.dumps, frames)), "utf-8")
    done = dialect("try", str(started), "--replay", str(recorded))
    assert done.exit_code == 0, done.output
    assert 'asked  request_id="7"' in done.output
    assert "agent_thinking: text is missing" in done.output
    assert "✘ E1" not in done.output
    assert "answers that were missed while offline are not sent again" in done.output


@pytest.mark.parametrize(("newest", "told"), [(2, False), (3, True)])
def test_positions_that_no_message_has_are_shown(newest: int, *, told: bool) -> None:
    wire, out = load_dialect("agent-chat-v1").wire, StringIO()
    tell = Teller(Console(file=out), wire, OWN)
    for position in (1, newest):
        said = (facts.Event(type="agent_thinking", position=position),)
        tell.heard(Heard(said))
        frame: dict[str, Any] = {
            "connection": "c",
            "user": "u",
            "direction": "received",
            "text": "",
            "size": 0,
        }
        tell.record(records.Frame(t=0.0, facts=said, **frame))
    assert ("position 3 follows position 1" in out.getvalue()) == told


@pytest.mark.parametrize(("full", "longest"), [(False, 40), (True, 200)])
def test_lines_are_cut_or_left_whole_and_never_wrapped(longest: int, *, full: bool) -> None:
    out = StringIO()
    tell = Teller(Console(file=out, width=40), load_dialect("agent-chat-v1").wire, OWN, full=full)
    tell.sent("x" * 200, ())
    (line,) = out.getvalue().splitlines()
    assert len(line) in range(longest, longest + 20)


def test_the_start_file_is_a_dialect_and_is_not_written_over_another(tmp_path: Path) -> None:
    started = tmp_path / "ours.toml"
    assert dialect("new", str(started)).exit_code == 0
    assert load_dialect(str(started)).name == "my-backend"
    assert dialect("new").output == started.read_text("utf-8")
    started.write_text("mine", "utf-8")
    refused = dialect("new", str(started))
    assert refused.exit_code == 2
    assert "is there already" in refused.output
    assert started.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("try", "nowhere.toml"), 2, "there is no dialect file nowhere.toml"),
        (("try", "agent-chat"), 2, "did you mean 'agent-chat-v1'?"),
        (("try", "agent-chat-v1", "-D", "environment"), 2, "-D wants KEY=VALUE"),
        (("try", "agent-chat-v1", "-D", "sizes.nothing=1"), 2, "sizes.nothing"),
        (
            ("try", "agent-chat-v1", *NOBODY_THERE),
            1,
            "cannot be reached",
        ),
        (("try", "agent-chat-v1", "--replay", __file__), 2, "line 1: expected a line of"),
    ],
)
def test_bad_input_is_one_clear_line(words: tuple[str, ...], status: int, told: str) -> None:
    done = dialect(*words)
    assert done.exit_code == status, done.output
    assert told in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(("left_out", "told"), [((), True), (("memory_growth",), False)])
def test_a_trial_says_that_memory_has_to_be_read(left_out: tuple[str, ...], told: bool) -> None:
    silent = load_dialect("jupyter-server")
    said: list[str] = []

    class Said:
        def title(self, text: str) -> None:
            said.append(text)

        def note(self, text: str, style: str = "") -> None:
            said.append(text)

    environment = Environment(chat_url="http://h", policy=Policy(leave_out=left_out))
    tell_claims(Said(), lambda need: need == "metrics" or None, silent.data, environment)
    assert any("without the memory of the deployment" in line for line in said) is told


def test_what_the_dialect_alone_decides_is_known() -> None:
    assert set(load_dialect("agent-chat-v1").decides) <= set(CAPABILITIES)


def test_an_address_is_enough_for_a_first_trial(tmp_path: Path) -> None:
    """Nobody has to write an environment before anything can be seen; a token is optional."""
    started = tmp_path / "ours.toml"
    assert dialect("new", str(started)).exit_code == 0
    greetings: list[str | None] = []

    def greet(connection: ServerConnection) -> None:
        assert connection.request is not None
        greetings.append(connection.request.headers.get("Authorization"))
        connection.send('{"type": "hallo", "to": "you"}')
        connection.close(1011)

    with serve(greet, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        none = dialect("try", str(started), "--chat-url", url)
        some = dialect("try", str(started), "--chat-url", url, "--token", "a-token-of-ada-0123")
    assert (none.exit_code, some.exit_code) == (1, 1), none.output + some.output
    assert greetings == ["Bearer", "Bearer a-token-of-ada-0123"]
    assert '{"type": "hallo", "to": "you"}' in some.output
    assert "NO RULE MATCHED" in some.output
    assert "a-token-of-ada-0123" not in some.output


@pytest.mark.parametrize(
    "session",
    sorted(RECORDED.glob("*/*.jsonl")),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_what_real_systems_have_sent_is_explained(session: Path) -> None:
    done = dialect("try", session.parent.name, "--replay", str(session))
    assert done.exit_code in (0, 1), done.output
    assert "NO RULE MATCHED" not in done.output
    assert "⇒ " in done.output
    assert (done.exit_code == 0) is ("⇒ agent_completed" in done.output)
