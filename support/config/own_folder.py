"""Temporary folders that know whose they are, so that what a killed process left can be removed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
from pathlib import Path

import psutil

PREFIX = "greenlight-"
OWNER = "owner.json"
#: How far apart two readings of one process's start may lie, in seconds: the clock may be set.
SAME_START_S = 60.0


def own_folder() -> Path:
    """A temporary folder of this process that nobody else may read; it records whose it is."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    this = psutil.Process()
    record = {"host": socket.gethostname(), "pid": this.pid, "started": this.create_time()}
    (folder / OWNER).write_text(json.dumps(record), "utf-8")
    return folder


def remove_left_behind() -> list[Path]:
    """Remove the folders of this user whose process is dead; they are returned."""
    temporary = Path(tempfile.gettempdir())
    left = [p for p in temporary.glob(f"{PREFIX}*/{OWNER}") if _is_left_behind(p)]
    for record in left:
        shutil.rmtree(record.parent, ignore_errors=True)
    return [record.parent for record in left]


def _is_left_behind(record: Path) -> bool:
    """True where the process that is named is known to be gone; a strange record proves nothing."""
    try:
        if record.parent.is_symlink() or record.stat().st_uid != os.getuid():
            return False
        owner = json.loads(record.read_bytes())
        host, pid, started = str(owner["host"]), int(owner["pid"]), float(owner["started"])
    except (OSError, ValueError, TypeError, KeyError):
        return False
    if host != socket.gethostname():
        return False  # another container that shares this folder: its processes are not ours to see
    try:
        return abs(psutil.Process(pid).create_time() - started) > SAME_START_S
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
