"""An overload that the backend's kind does not offer leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from support.attacks.loads import Flood
from support.client import SignIn, User
from support.config import NotOffered, load_environment
from support.deployment import Deployment
from support.journal import Journal


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_flood_that_is_not_offered_leaves_no_conversation_half_begun(tmp_path: Path) -> None:
    flags = {"chat_url": "ws://127.0.0.1:9", "sign_in": "static", "users": [{"token": ""}]}
    environment = load_environment({**flags, "dialect": "jupyter-server"})
    journal = Journal(tmp_path / "journal.jsonl")
    deployment = Deployment(environment, tmp_path, journal.redactor)
    try:

        async def floods() -> None:
            sign_in = SignIn(deployment, journal.redactor.add_secret)
            people = [User(f"s1/{n}", deployment, journal, sign_in) for n in ("Mallory", "Alice")]
            await (await Flood().prepare(*people))

        with pytest.raises(NotOffered, match="announces no limit of messages"):
            asyncio.run(floods())
        gc.collect()  # a coroutine that nobody awaited says so now
    finally:
        deployment.close()
        journal.close()
