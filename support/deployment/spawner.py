"""Imports the bundled services once for all processes of a run, which then fork theirs from it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from support.config.own_folder import own_folder

VARIABLE = "GREENLIGHT_REFERENCE_SPAWNER"
STOP_S = 10.0


@contextmanager
def reference_spawner() -> Iterator[None]:
    """While this lasts, every bundled service that is started is forked, by whatever process.

    Where the system cannot do that, or without it, each service is started anew.
    """
    if not hasattr(os, "pidfd_open") or VARIABLE in os.environ:
        yield
        return
    folder = own_folder()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(address := str(folder / "spawner"))
        listener.listen(64)
        process = subprocess.Popen(
            [sys.executable, "-m", "support.reference.spawner", str(listener.fileno())],
            stdin=subprocess.PIPE,  # the spawner ends with it, and so with this process
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    os.environ[VARIABLE] = address
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
