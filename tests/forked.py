"""`forked.Popen` is `subprocess.Popen`, but Python itself is forked with everything imported.

Tests that are about what a process does to itself (its start, `-O`, limits) use the real one; here,
too, whatever a fork could not be like is started anew.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from fork_server import Request, run_forked

#: Where the fork server of this process listens, once there is one.
ADDRESS = ""
_STARTING = threading.Lock()
#: What Python reads at its start alone.
_SETTLED = ("PYTHON", "LC_", "LANG", "LD_")
_MODULES = ("behave", "support")
_STARTED_WITH = dict(os.environ)

#: The parameters of `Popen._execute_child`, which is what a fork takes the place of.
_STREAMS = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
_PARAMETERS = (
    *("args", "executable", "preexec_fn", "close_fds", "pass_fds", "cwd", "env"),
    *("startupinfo", "creationflags", "shell", *_STREAMS),
    *("restore_signals", "gid", "gids", "uid", "umask", "start_new_session", "process_group"),
)


class Popen(subprocess.Popen):  # type: ignore[type-arg]
    """As `subprocess.Popen`; by the fork server where that makes no difference."""

    _connection: socket.socket | None = None
    _status: int | None = None

    def _execute_child(self, *values: Any) -> None:
        given = dict(zip(_PARAMETERS, values, strict=True))
        if (request := _request(given)) is None:
            super()._execute_child(*values)  # type: ignore[misc]
            return
        try:
            read, written, errors = given["p2cread"], given["c2pwrite"], given["errwrite"]
            streams = [n if fd == -1 else fd for n, fd in enumerate((read, written, errors))]
            self._fork(request, streams)
            self._child_created = True
        finally:
            self._close_pipe_fds(*(given[name] for name in _STREAMS))  # type: ignore[attr-defined]

    def _fork(self, request: Request, streams: list[int]) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.connect(_address())
        socket.send_fds(connection, [json.dumps(request).encode()], streams)
        self.pid = int(connection.recv(100))
        self._connection = connection

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._connection is None and self._status is None:
            return super()._try_wait(wait_flags)  # type: ignore[misc,no-any-return]
        if self._status is None:
            assert self._connection is not None
            if wait_flags & os.WNOHANG and not select.select([self._connection], [], [], 0)[0]:
                return 0, 0
            self._status = int(self._connection.recv(100))
            self._connection.close()
            self._connection = None
        return self.pid, self._status

    def _internal_poll(self, _deadstate: Any = None, *defaults: Any) -> int | None:
        if self._connection is None and self._status is None:
            return super()._internal_poll(_deadstate, *defaults)  # type: ignore[misc,no-any-return]
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):  # type: ignore[attr-defined]
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid == self.pid:
                    self._handle_exitstatus(status)  # type: ignore[attr-defined]
            finally:
                self._waitpid_lock.release()  # type: ignore[attr-defined]
        return self.returncode


class DirectPopen(Popen):
    """Forks this process itself, so that whatever waits for processes can wait for it.

    For a process that has one thread, or none that could hold a lock meanwhile.
    """

    def _fork(self, request: Request, streams: list[int]) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            run_forked(request, streams, DirectPopen)


def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """`subprocess.run`, with captured output and no input, for a forked process."""
    timeout = options.pop("timeout", None)
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True} | options
    with Popen(command, **options) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _request(given: dict[str, Any]) -> Request | None:
    """What the fork server is asked for; None where a fork would be another thing."""
    command = list(map(str, given["args"])) if isinstance(given["args"], (list, tuple)) else []
    environment = dict(os.environ if given["env"] is None else given["env"])
    folder = os.path.abspath(given["cwd"] or ".")
    special = (
        *(given["preexec_fn"], given["pass_fds"], given["shell"]),
        *(given[name] not in (None, -1) for name in ("gid", "gids", "uid", "process_group")),
    )
    if any(special) or not _runs_ours(command, folder) or _settled(environment):
        return None
    umask = given["umask"] if given["umask"] != -1 else _umask()
    return Request(command[1:], environment, folder, umask, given["start_new_session"])


def _runs_ours(command: list[str], folder: str) -> bool:
    """True for `python -m` with one of our modules, and for `python script.py`."""
    if command[:1] != [sys.executable]:
        return False
    if command[1:2] == ["-m"]:
        name = command[2].split(".")[0]
        beside = Path(folder, name).exists() and not Path(folder, "tests/fork_server.py").exists()
        return name in _MODULES and not beside and not Path(folder, f"{name}.py").exists()
    return command[1:2] != [] and command[1].endswith(".py")


def _settled(environment: dict[str, str]) -> bool:
    """True where the variables that Python reads at its start are others than ours were."""
    names = {n for n in (*environment, *_STARTED_WITH) if n.startswith(_SETTLED)} - {"PYTHONPATH"}
    return any(environment.get(name) != _STARTED_WITH.get(name) for name in names)


def _umask() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("Umask:")[1].split()[0], 8)


def _address() -> str:
    with _STARTING:  # several threads ask for the first fork at once
        return ADDRESS or _started()


def _started() -> str:
    """Start the fork server of this process, which ends with it; where it listens."""
    global ADDRESS
    folder = Path(tempfile.mkdtemp(prefix="forks-"))
    address = str(folder / "socket")
    command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), address]
    server = subprocess.Popen(
        command,
        cwd=Path(__file__).parents[1],
        env=_STARTED_WITH,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n", "the fork server did not start"

    def stop() -> None:
        server.stdin.close()  # type: ignore[union-attr]
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    ADDRESS = address
    return address
