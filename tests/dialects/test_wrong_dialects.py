"""A dialect that is wrong never leads to an approval: at worst the run cannot decide."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import forked
import jwt
import pytest
from wrong_dialects import Data, Wrong, written
from wrong_kinds import catalogue

from support.approval import Verdict, judge, judge_bundle
from support.config.policy import LeastAssessed

ROOT = Path(__file__).resolve().parents[2]
#: At least one scenario of each category and of each row that must be assessed, and what is quick.
SCENARIOS = (
    "Every agent event reaches the user",
    "A run arrives complete and in order",
    "Several tools in one run keep their results apart",
    "A failed run shows no internal details",
    "Cancelling one of several runs",
    "A user connects, chats and disconnects",
    "Pings are answered while the agent is working",
    "A malformed message is rejected",
    "A long series of questions",
    "Hundreds of questions of several users",
    "A conversation of several questions",
    "Only the user who asked is answered",
    "Two users at work see their own events",
    "A client with (no|an expired) token is refused",
    "A valid token is accepted every time",
    "A connection ends when its token expires",
    "A user reconnects in the middle of a run",
    "The connection drops right after .agent_completed",
    "Event timestamps are true",
)
#: The criteria that so small a run can meet; none of the others could make a wrong run right.
DEMANDED = (
    *("categories", "user_isolation", "event_delivery", "operations", "connections"),
    *("failure_patterns", "build"),
)
FLAGS = ("patience.answer_s=2", "patience.fence_s=1", "patience.connect_s=1")


def verdict_of(
    dialect: str,
    reports: Path,
    defect: str = "",
    only: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
) -> tuple[Verdict, str]:
    """What the gate's own rules make of a short run, and everything it gives as a reason."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GREENLIGHT_")}
    env |= {"GREENLIGHT_REPORTS": str(reports), "GREENLIGHT_HTML": "false"}
    given = [f"-D{flag}" for flag in (*FLAGS, f"dialect={dialect}", *flags)]
    given += [f"-Ddefect={defect}"] if defect else []
    done = forked.run(
        [
            *(sys.executable, "-m", "behave", "--no-color", "-fnull", "--stop", *given),
            *(f"--name=^{name}" for name in only or SCENARIOS),
        ],
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE,
        timeout=280,
    )
    runs = sorted(reports.glob("2*"))
    assert runs, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stdout + done.stderr, done.stdout[-3000:]
    evidence = judge_bundle(runs[-1]).evidence
    outcomes, history, policy = evidence.outcomes, evidence.history, evidence.policy
    outcomes.gate = True  # as if these were all
    least = dict.fromkeys(LeastAssessed.model_fields, 1)
    policy = policy.model_copy(update={"least_assessed": LeastAssessed(**least)})
    verdict = judge(outcomes, history, policy, DEMANDED)
    said = [*verdict.reasons, *(c.reason for c in verdict.criteria)]
    said += [f"{o.name}: {o.reason}" for o in outcomes.scenarios if o.status != "passed"]
    assert history.asked() or verdict.decision != "APPROVED"
    return verdict, "\n".join(said)


def test_the_right_dialect_is_approved_by_the_same_run(tmp_path: Path) -> None:
    verdict, said = verdict_of("agent-chat-v1", tmp_path)
    assert verdict.decision == "APPROVED", said


@pytest.mark.parametrize("wrong", catalogue(), ids=lambda wrong: wrong.name)
def test_a_wrong_dialect_is_not_approved(wrong: Wrong, tmp_path: Path) -> None:
    path = written(wrong.edit, tmp_path / f"{wrong.name}.toml")
    verdict, said = verdict_of(str(path), tmp_path / "reports", wrong.defect, wrong.only)
    print(f"{wrong.name}: {verdict.decision}: {verdict.reasons[0]}")
    assert re.fullmatch(wrong.decision, verdict.decision), said
    assert re.search(wrong.caught, said), said


def test_isolation_cannot_be_claimed_where_all_share_one_identity(tmp_path: Path) -> None:
    """`identity = "own"`, ten users by the environment, and one person behind all their tokens.

    Nor does the dialect read whose an event is, or who was greeted.
    """

    def nobody(data: Data) -> None:
        del data["read"][0]["get"]["user_id"], data["event"]["get"]["user_id"]

    dialect = str(written(nobody, tmp_path / "nobody.toml"))
    secret = "a-secret-of-wrong-dialects-0123456789"
    now = int(time.time())
    claims = {"sub": "everybody", "iss": "agent-chat-auth", "aud": "agent-chat", "scope": "chat"}
    times = {"typ": "access", "iat": now, "nbf": now - 5, "exp": now + 600}
    token = jwt.encode(claims | times, secret, algorithm="HS256")
    users = "".join(f'[[users]]\nuser_id = "user-{n}"\ntoken = "{token}"\n' for n in range(10))
    service = forked.Popen(
        [
            *(sys.executable, "-m", "support.reference", "--json", "--control"),
            *("--run-dir", str(tmp_path / "service")),
        ],
        cwd=ROOT,
        env=os.environ | {"GREENLIGHT_REFERENCE_SECRET": secret},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdin is not None
    assert service.stdout is not None
    try:
        address = json.loads(service.stdout.readline())["chat_url"]
        environment = tmp_path / "env.toml"
        environment.write_text(f'chat_url = "{address}"\nsign_in = "static"\n{users}', "utf-8")
        only = ("Two users at work see their own events",)
        flags = (f"environment={environment}",)
        verdict, said = verdict_of(dialect, tmp_path / "reports", only=only, flags=flags)
    finally:
        service.stdin.close()
        service.wait(15)
    assert verdict.decision == "REJECTED", said
    assert "Data leak: " in said, said
