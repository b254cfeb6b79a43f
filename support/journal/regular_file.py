"""Files of evidence, opened so that nothing else can be mistaken for one.

A FIFO would be waited for, a device has no end, a file of any size would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path, most_bytes: int) -> BinaryIO:
    """`path`, open for reading. Raises `OSError` unless it is a file of at most `most_bytes`.

    Links are followed. What is no regular file is never opened: opening alone may wait or act.
    """
    _refuse(os.stat(path), most_bytes)
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    try:
        _refuse(os.fstat(file.fileno()), most_bytes)  # it may be another one by now
    except OSError:
        file.close()
        raise
    return file


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The content of a regular file of at most `most_bytes`. Raises `OSError`."""
    with open_regular(path, most_bytes) as file:
        content = file.read(most_bytes + 1) or b""
    if len(content) > most_bytes:
        raise _too_large(most_bytes)
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _refuse(status: os.stat_result, most_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if status.st_size > most_bytes:
        raise _too_large(most_bytes)


def _too_large(most_bytes: int) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {most_bytes / 2**20:,.0f} MiB")
