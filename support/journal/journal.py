"""The journal itself: one writer, a line per record, on disk before anybody reads it."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import force_setattr

from support.journal import records
from support.journal.compressed import Damaged, open_journal
from support.journal.history import History
from support.journal.redaction import Redactor

MAX_TEXT = 4_000  # characters of a frame kept; facts and mentions are taken from the whole of it
MAX_RECORDS = 200_000  # of one scenario in memory: about 200 MB at the very worst
#: Of a whole run, so that any evidence can be judged again in bounded memory. A gate leaves 30 MB.
MAX_BYTES = 512 * 2**20
MAX_LINE = 64 * 2**20
MAX_RUN_RECORDS = 3_000_000

R = TypeVar("R", bound=records.Record)


class JournalError(Exception):
    """The journal cannot be written or read; the message says why, in a sentence."""


class Zero(NamedTuple):
    """The moment that a journal counts from: Unix time, and `time.monotonic()` of this machine."""

    wall: float
    monotonic: float


class Journal:
    """Append-only record of a run.

    Every record is on disk (handed to the operating system) when `append` returns, or at the end of
    `together`, so a killed run leaves a readable file. Memory holds the records of the current
    scenario alone. Appending is safe from any thread. A write that fails is remembered in `broken`
    and stops further writing: a journal with holes must not be judged as if it were whole.
    """

    def __init__(
        self, path: Path, redactor: Redactor | None = None, *, zero: Zero | None = None
    ) -> None:
        """`zero` is the beginning of time, for journals that are to be merged; else it is now."""
        zero = zero or Zero(time.time(), time.monotonic())
        self.path = path
        self.redactor = redactor or Redactor()
        self.broken = ""
        self.wall = zero.wall
        self._zero = zero.monotonic
        self._lock = threading.Lock()
        self._seq = 0
        self._size = 0
        self._scenario = ""
        self._current: list[records.Record] = []
        self._history = History([])
        self._held: list[records.Record] = []  # not with the operating system yet
        self._holder = 0  # the thread whose records are held back, if any
        self._listeners: list[Callable[[records.Record], object]] = []
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        except OSError as error:
            raise JournalError(f"cannot write {path}: {_plain(error)}") from error

    def now(self) -> float:
        """Seconds since the journal was opened, monotonic, to the microsecond."""
        return self.at(time.monotonic())

    def at(self, monotonic: float) -> float:
        """The journal's time for a `time.monotonic()` stamp, to the microsecond.

        Digits beyond that are noise, and a tenth of a compressed journal.
        """
        return round(monotonic - self._zero, 6)

    def append(self, record: R) -> R:
        """Add `record`, redacted, numbered, with its scenario; it is returned as written."""
        return self.keep(copy(records.cleaned(record, self.redactor.redact)))

    def record(self, kind: Callable[..., R], /, *, t: float | None = None, **fields: Any) -> R:
        """Append a record of that kind, as of now or of the journal's time `t` in seconds."""
        made = kind(t=self.now() if t is None else t, **fields)
        return self.keep(records.cleaned(made, self.redactor.redact))

    def keep(self, done: R) -> R:
        """Append a record that is redacted already, and that nobody else has seen yet."""
        with self._lock:
            self._seq += 1
            force_setattr(done, "seq", self._seq)
            force_setattr(done, "scenario", self._scenario)
            self._write(done)
            if len(self._current) >= MAX_RECORDS:
                self.broken = self.broken or f"a scenario left over {MAX_RECORDS:,} records"
            else:
                self._current.append(done)
            for listener in self._listeners:
                listener(done)
            return done

    @contextmanager
    def together(self) -> Iterator[None]:
        """What the calling thread appends within is handed to the system at once, at the end.

        For what is read in one go. A record of another thread is never held back, nor ever written
        before those that were appended before it.
        """
        with self._lock:
            self._holder = threading.get_ident()
        try:
            yield
        finally:
            with self._lock:
                self._holder = 0
                self._hand_over()

    def listen(self, listener: Callable[[records.Record], object]) -> None:
        """From now on hand every record to `listener` as well, in order, right after it is kept.

        It is called with the journal locked: it must be quick, and must neither raise nor append.
        """
        self._listeners.append(listener)

    def begin_scenario(self, scenario: str) -> None:
        """From now on records belong to `scenario`; memory forgets the one before."""
        with self._lock:
            self._scenario = scenario
            self._current = []
            self._history = History([])

    def history(self) -> History:
        """What the current scenario has recorded so far: the same until something is added."""
        with self._lock:
            if len(self._history) != len(self._current):
                self._history = History(list(self._current))
            return self._history

    def cut(self, text: str) -> str:
        """`text` bounded to what a record keeps, saying so where something is left out."""
        if len(text) <= MAX_TEXT:
            return text
        return f"{text[:MAX_TEXT]}… [{len(text) - MAX_TEXT:,} characters more]"

    def close(self) -> None:
        """Flush and close the file. Idempotent."""
        with self._lock:
            self._hand_over()
            if self._fd >= 0:
                try:
                    os.fsync(self._fd)
                    os.close(self._fd)
                except OSError as error:
                    self.broken = self.broken or f"cannot write {self.path}: {_plain(error)}"
                self._fd = -1

    def _write(self, record: records.Record) -> None:
        if self.broken or self._fd < 0:
            return
        self._held.append(record)
        if self._holder != threading.get_ident():
            self._hand_over()

    def _hand_over(self) -> None:
        held, self._held = self._held, []
        if not held or self._fd < 0:
            return
        try:
            lines = records.encode_lines(held)
        except (TypeError, ValueError, RecursionError) as error:
            which = f"one of the records {held[0].seq} to {held[-1].seq}"
            self.broken = f"cannot write {self.path}: {which} is no JSON ({error})"
            return
        self._size += len(lines)
        if self._size > MAX_BYTES or self._seq > MAX_RUN_RECORDS:
            self.broken = f"{self.path.name} has become too large to be judged"
            return
        try:
            written = os.write(self._fd, lines)
        except OSError as error:
            self.broken = self.broken or f"cannot write {self.path}: {_plain(error)}"
        else:
            if written != len(lines):
                self.broken = self.broken or f"cannot write {self.path}: the disk is full"


def read_journal(
    path: Path, seen: Callable[[bytes], object] | None = None
) -> Iterator[records.AnyRecord]:
    """The records of a journal file, in order; `seen` is handed every byte of it on the way.

    A name that ends in `.gz` is that of a compressed one.

    A torn last line (the run was killed while it was written) is left out. Raises `JournalError`
    for a file that is missing, no regular file, too large, or damaged anywhere else.
    """
    number = size = 0
    try:
        file, seen = open_journal(path, MAX_BYTES, seen)
        with file:
            while line := file.readline(MAX_LINE):
                number, size = number + 1, size + len(line)
                if size > MAX_BYTES or number > MAX_RUN_RECORDS or len(line) == MAX_LINE:
                    raise JournalError(f"{path.name} is too large to be judged")
                if seen is not None:
                    seen(line)
                try:
                    yield records.decode(line.removesuffix(b"\n"))
                except msgspec.MsgspecError as error:
                    if not line.endswith(b"\n"):
                        return
                    raise JournalError(
                        f"{path.name} is damaged at line {number}: {error}"
                    ) from error
    except Damaged as error:
        raise JournalError(f"{path.name} is damaged after line {number}: {error}") from error
    except OSError as error:
        raise JournalError(f"cannot read {path}: {_plain(error)}") from error


def _plain(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "the folder is not writable"
    return error.strerror or str(error)
