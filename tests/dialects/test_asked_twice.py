"""A question that is sent twice at once: the same question, in two messages of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import live_agent
import pytest
from websockets.sync.server import ServerConnection

from support.client import User
from support.config import NotOffered

NUMBERED = 'id = "{request_id}", frame = "{uuid}", number = "{number}"'


def test_each_of_the_two_messages_has_its_own_number_and_id(tmp_path: Path) -> None:
    dialect, told = live_agent.written(tmp_path), list[dict[str, Any]]()
    text = dialect.read_text("utf-8").replace('id = "{request_id}"', NUMBERED)
    dialect.write_text(text.replace("[runs]\n", "[runs]\nidempotent = true\n"), "utf-8")

    def talk(socket: ServerConnection) -> None:
        socket.send(json.dumps({"hi": True, "newest": 0}))
        for message in socket:
            told.append(json.loads(message))
            if len(told) == 2:
                run = {"run": "r-1"}
                socket.send(json.dumps({**run, "re": told[0]["id"], "begin": True}))
                socket.send(json.dumps({**run, "end": told[0]["ask"]}))

    async def scene(user: User) -> bool:
        await user.connect()
        return await user.finished(await user.ask_twice("plain"))

    finished, _ = live_agent.played(scene, tmp_path, talk, dialect, answer_s=5.0)
    assert finished
    first, second = told
    assert (first["id"], first["ask"]) == (second["id"], second["ask"])
    assert first["frame"] != second["frame"]
    assert second["number"] == first["number"] + 1


FAILURE = """
[[read]]
when = "bad"
says = "agent_failed"
data = { code = "bad", message = "bad" }
"""


@pytest.mark.parametrize("retries", [False, True])
def test_a_failed_question_is_not_sent_again_where_it_may_run_again(
    retries: bool, tmp_path: Path
) -> None:
    dialect, told = live_agent.written(tmp_path, FAILURE), list[str]()
    runs = f"[runs]\nidempotent = true\nretries_failed = {str(retries).lower()}\n"
    dialect.write_text(dialect.read_text("utf-8").replace("[runs]\n", runs), "utf-8")

    def talk(socket: ServerConnection) -> None:
        socket.send(json.dumps({"hi": True, "newest": 0}))
        for message in socket:
            told.append(str(message))
            run = {"run": "r-1"}
            socket.send(json.dumps({**run, "re": json.loads(message)["id"], "begin": True}))
            socket.send(json.dumps({**run, "bad": "no such thing"}))

    async def scene(user: User) -> None:
        await user.connect()
        run = await user.ask()
        await user.finished(run)
        assert run.failed
        await user.repeat(run)

    if retries:
        with pytest.raises(NotOffered, match="whose run has failed"):
            live_agent.played(scene, tmp_path, talk, dialect)
        assert len(told) == 1
    else:
        live_agent.played(scene, tmp_path, talk, dialect)
        assert len(told) == 2
