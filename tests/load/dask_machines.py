"""A dask cluster for tests: scheduler and workers as processes of their own, over TLS."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from networks import Networks

from support.load.certificates import CA, CERTIFICATE, KEY, make_certificates

START_S = 40.0
#: What docs/load.md recommends: no profile of the tasks, and less looking at themselves.
FRUGAL = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
}


class Machines:
    """A scheduler and so many workers, started by dask's own commands.

    With `networks` each worker is in one of its own. Without `settings` they have the defaults.
    """

    def __init__(
        self,
        folder: Path,
        workers: int,
        networks: Networks | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._environment = {**os.environ, **(settings or {})}
        host = networks.host if networks else "127.0.0.1"
        self.certificates = folder / "certificates"
        make_certificates(self.certificates)
        self._processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            *("scheduler", "--host", host, "--port", "0", "--protocol", "tls", "--no-dashboard")
        )
        self.address = self._said("scheduler", r"Scheduler at:\s+(tls://\S+)")
        for number in range(workers):
            within = networks.within(number) if networks else ()
            worker = (f"worker-{number}", self.address, "--nthreads", "1", "--no-dashboard")
            self._start(*worker, within=within)
        for number in range(workers):
            self._said(f"worker-{number}", r"Registered to:\s+(\S+)")

    def _start(
        self, name: str, *arguments: str, within: tuple[str, ...] = ()
    ) -> subprocess.Popen[bytes]:
        files = {"--tls-ca-file": CA, "--tls-cert": CERTIFICATE, "--tls-key": KEY}
        tls = [part for o, f in files.items() for part in (o, str(self.certificates / f))]
        command = [*within, sys.executable, "-m", "dask", name.split("-")[0], *arguments, *tls]
        local = tempfile.mkdtemp(dir=self._folder)
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=local,
                env=self._environment,
            )
        self._processes.append(process)
        return process

    def registered(self, count: int) -> None:
        """Wait until workers have registered so often, those that were started again included."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            logs = [log.read_text() for log in self._folder.glob("worker-*.log")]
            if sum(text.count("Registered to:") for text in logs) >= count:
                return
            time.sleep(0.05)
        raise AssertionError("\n".join(logs))

    def _said(self, name: str, pattern: str) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            found = re.search(pattern, (self._folder / f"{name}.log").read_text())
            if found is not None:
                return found[1]
            time.sleep(0.05)
        raise AssertionError((self._folder / f"{name}.log").read_text())

    def close(self) -> None:
        """Kill everything, the workers of the nannies included: an orderly end takes seconds."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
