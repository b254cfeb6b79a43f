"""A signing secret that is not the deployment's is found once, before the first scenario."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest
from reference_process import SECRET
from throwaway import GOOD, ROOT, Suite, agree

WRONG = "not-the-secret-of-this-deployment-0123456789"


@contextmanager
def reference(run_dir: Path, *defects: str) -> Iterator[dict[str, str]]:
    """A reference service with defects; how a run is told of it."""
    command = [sys.executable, "-m", "support.reference", "--json", "--control"]
    command += ["--run-dir", str(run_dir), *(f"--defect={name}" for name in defects)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "GREENLIGHT_REFERENCE_SECRET": SECRET}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        said = json.loads(running.stdout.readline())
        yield {
            "GREENLIGHT_CHAT_URL": said["chat_url"],
            "GREENLIGHT_AUTH_URL": said["auth_url"],
            "GREENLIGHT_JWT_SECRET": SECRET,
        }
        running.stdin.close()
        running.wait(15)


@pytest.mark.parametrize("way", ["service", "static"])
def test_a_wrong_secret_is_named_before_any_scenario(suite: Suite, way: str) -> None:
    env = {"GREENLIGHT_JWT_SECRET": WRONG}
    if way == "static":
        env |= {"GREENLIGHT_SIGN_IN": way, "GREENLIGHT_USERS": json.dumps(users(suite))}
    ran = suite.run("--tags=@critical", env=env)
    agree(ran, "INCONCLUSIVE")
    assert ran.statuses == {GOOD: "not_run"}
    assert "The signing secret (jwt_secret) is not the deployment's" in ran.reasons
    assert "GREENLIGHT_JWT_SECRET" in ran.output
    assert WRONG not in ran.text()
    assert "eyJ" not in ran.text()


def users(suite: Suite) -> list[dict[str, str]]:
    """Two people with tokens that the deployment has signed."""
    claims = {"iss": "agent-chat-auth", "aud": "agent-chat", "typ": "access", "scope": "chat"}
    times = {"iat": 1_700_000_000, "exp": 4_000_000_000}
    key = suite.address["GREENLIGHT_JWT_SECRET"]
    names = ("u-1", "u-2")
    return [
        {"user_id": name, "token": jwt.encode({**claims, **times, "sub": name}, key, "HS256")}
        for name in names
    ]


def test_services_that_do_not_share_a_secret_are_rejected_not_excused(tmp_path: Path) -> None:
    """The secret of the chat backend is given; what differs is the fault of the deployment."""
    with reference(tmp_path / "reference", "secrets-differ") as address:
        chats = {"GREENLIGHT_JWT_SECRET": f"not {SECRET}"}
        ran = Suite(tmp_path, {**address, **chats}).run("--tags=@critical")
    agree(ran, "REJECTED")


def test_a_backend_that_verifies_nothing_is_left_to_the_scenarios(tmp_path: Path) -> None:
    with reference(tmp_path / "reference", "signature-not-checked") as address:
        suite = Suite(tmp_path, {**address, "GREENLIGHT_JWT_SECRET": WRONG})
        ran = suite.run("--tags=@critical")
    assert ran.statuses == {GOOD: "passed"}
