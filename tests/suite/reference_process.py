"""The bundled reference as a process of its own, for the suites of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import forked

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-the-throw-away-suites-0123456789"


class Reference:
    """A running reference service. `pids` has `auth`, `chat` and `supervisor`."""

    def __init__(self, run_dir: Path, *options: str) -> None:
        self.process = forked.Popen(
            [
                sys.executable,
                "-m",
                "support.reference",
                "--json",
                "--control",
                "--run-dir",
                str(run_dir),
                *options,
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "GREENLIGHT_REFERENCE_SECRET": SECRET,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.chat_url: str = said["chat_url"]
        self.pids: dict[str, int] = said["pids"]
        self.address = {
            "GREENLIGHT_CHAT_URL": said["chat_url"],
            "GREENLIGHT_AUTH_URL": said["auth_url"],
            "GREENLIGHT_JWT_SECRET": SECRET,
        }

    def stop(self) -> None:
        """End it, which its end of standard input does."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
