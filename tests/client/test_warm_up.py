"""A dialect may say that the first run takes longer: until one has ended, users wait longer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.client import BackgroundLoop, SignIn, User
from support.config import Environment
from support.deployment import Deployment
from support.dialects.loading import DIALECTS
from support.journal import Journal, facts, records


def test_users_wait_longer_until_the_first_run_of_all_has_ended(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    text = (DIALECTS / "agent-chat-v1.toml").read_text("utf-8")
    ours.write_text(text + "\n[budgets]\nwarm_up_s = 7\n", "utf-8")
    patience: Any = {"answer_s": 0.5}
    environment = Environment(chat_url="ws://127.0.0.1:1/ws", dialect=str(ours), patience=patience)
    journal, loop = Journal(tmp_path / "journal.jsonl"), BackgroundLoop()
    deployment = Deployment(environment, tmp_path, journal.redactor)
    user = User("s01/Alice", deployment, journal, SignIn(deployment, journal.redactor.add_secret))
    connection: Any = SimpleNamespace(name="s01/Alice#1")
    journal.begin_scenario("s01")

    async def wait(within_s: float | None = None) -> None:
        assert not await user.until(lambda: False, "what never comes", within_s)

    loop.run(wait())
    loop.run(wait(2.0))
    user.heard(connection, facts.Event(type="agent_thinking", run_id="r-1"))
    loop.run(wait())
    user.heard(connection, facts.Event(type="agent_completed", run_id="r-1"))
    loop.run(wait())
    limits = [record.limit_s for record in journal.history().of(records.WaitTimedOut)]
    loop.close()
    journal.close()
    assert limits == [7.5, 2.0, 7.5, 0.5]
