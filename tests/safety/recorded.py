"""The reference service, as a deployment somebody else runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECRET = "the-secret-of-the-recorded-service-0123456789"
SETTINGS = ("chat.heartbeat_s=0.7", "chat.retained_events=200", "chat.handshake_s=1")


def started(run_dir: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """Start it; the process, and what it says of itself (`chat_url`, `auth_url`)."""
    command = [sys.executable, "-m", "support.reference", "--json", "--control"]
    command += ["--run-dir", str(run_dir)]
    for setting in SETTINGS:
        command += ["--set", setting]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "GREENLIGHT_REFERENCE_SECRET": SECRET},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def stopped(process: subprocess.Popen[str]) -> None:
    """End it, which its end of standard input does."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
