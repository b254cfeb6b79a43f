"""What the chat backend must not forget: streams, runs, threads and notebooks, in SQLite.

Write-ahead logging with ``synchronous=NORMAL``: what is committed outlives the process, even by
``kill -9``. Nothing is sent before it is committed.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (user_id TEXT PRIMARY KEY, epoch TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    user_id TEXT, event_id INTEGER, body TEXT NOT NULL, PRIMARY KEY (user_id, event_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS threads (thread_id TEXT PRIMARY KEY, user_id TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, user_id TEXT, thread_id TEXT, request_id TEXT, content TEXT,
    accepted_at REAL, step INTEGER DEFAULT 0, results TEXT DEFAULT '[]', finished INTEGER DEFAULT 0,
    UNIQUE (user_id, request_id)
);
CREATE INDEX IF NOT EXISTS unfinished ON runs (finished) WHERE finished = 0;
CREATE TABLE IF NOT EXISTS notes (
    user_id TEXT, call_id TEXT, note TEXT NOT NULL, number INTEGER,
    PRIMARY KEY (user_id, call_id)
) WITHOUT ROWID;
"""

StoreError = sqlite3.Error


@dataclass
class Run:
    """One accepted request. ``step`` counts its events so far; ``accepted_at`` in Unix seconds."""

    run_id: str
    user_id: str
    thread_id: str
    request_id: str
    content: str
    accepted_at: float
    step: int = 0
    results: list[str] = field(default_factory=list)
    finished: bool = False


class StoredEvent(NamedTuple):
    """An event as it was sent, with the stream and the run it belongs to."""

    user_id: str
    event_id: int
    run: Run
    type: str
    body: str


class Store:
    """One SQLite file, written by one thread; every method is one small transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # No busy timeout: waiting for a lock would stop the event loop, so callers try again.
        self.db = sqlite3.connect(path, isolation_level=None, timeout=0)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        # Checkpoints sync to disk, so they run in another thread: see ``checkpoint``.
        self.db.execute("PRAGMA wal_autocheckpoint=0")
        self.db.executescript(SCHEMA)

    def probe(self) -> None:
        """Raise StoreError when nothing can be written now."""
        self.db.execute("BEGIN IMMEDIATE")
        self.db.execute("ROLLBACK")

    def checkpoint(self) -> None:
        """Move the log into the database file; safe to call from another thread."""
        db = sqlite3.connect(self.path, timeout=0)
        try:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            db.close()

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self.db.close()

    def stream(self, user_id: str) -> tuple[str, int, int]:
        """Return epoch, newest and oldest stored id of the user's stream, opening it if new."""
        found = self.db.execute("SELECT epoch FROM streams WHERE user_id=?", (user_id,)).fetchone()
        if found is None:
            found = (self.new_epoch(),)
            self.db.execute("INSERT INTO streams VALUES (?, ?)", (user_id, *found))
        newest, oldest = self.db.execute(
            "SELECT coalesce(max(event_id), 0), coalesce(min(event_id), 1) FROM events"
            " WHERE user_id=?",
            (user_id,),
        ).fetchone()
        return found[0], newest, oldest

    def new_epoch(self) -> str:
        """Return the epoch of a stream that begins now."""
        return f"e-{secrets.token_hex(6)}"

    def append(self, events: Sequence[StoredEvent]) -> None:
        """Store ``events`` and how far their runs have come, all or nothing."""
        runs = {event.run.run_id: event.run for event in events}
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.executemany(
                "INSERT INTO events VALUES (?, ?, ?)",
                [(event.user_id, event.event_id, event.body) for event in events],
            )
            self.db.executemany(
                "UPDATE runs SET step=?, results=?, finished=? WHERE run_id=?",
                [
                    (run.step, json.dumps(run.results), run.finished, run.run_id)
                    for run in runs.values()
                ],
            )

    def events(self, user_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Return up to ``limit`` (id, body) of the user's events after the id ``after``."""
        return self.db.execute(
            "SELECT event_id, body FROM events WHERE user_id=? AND event_id>?"
            " ORDER BY event_id LIMIT ?",
            (user_id, after, limit),
        ).fetchall()

    def prune(self, user_id: str, up_to: int) -> None:
        """Forget the user's events up to and including the id ``up_to``."""
        self.db.execute("DELETE FROM events WHERE user_id=? AND event_id<=?", (user_id, up_to))

    def owns_thread(self, user_id: str, thread_id: str) -> bool:
        """Return whether this conversation exists and is the user's own."""
        return (
            self.db.execute(
                "SELECT 1 FROM threads WHERE thread_id=? AND user_id=?", (thread_id, user_id)
            ).fetchone()
            is not None
        )

    def add_run(self, run: Run) -> None:
        """Store an accepted run, and its thread if that is new."""
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute(
                "INSERT OR IGNORE INTO threads VALUES (?, ?)", (run.thread_id, run.user_id)
            )
            self.db.execute(
                "INSERT INTO runs (run_id, user_id, thread_id, request_id, content, accepted_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    run.run_id,
                    run.user_id,
                    run.thread_id,
                    run.request_id,
                    run.content,
                    run.accepted_at,
                ),
            )

    def run_of_request(self, user_id: str, request_id: str) -> Run | None:
        """Return the run that this request of this user started, if any."""
        return next(self._runs("user_id=? AND request_id=?", (user_id, request_id)), None)

    def unfinished_runs(self) -> list[Run]:
        """Return the accepted runs that have not ended, oldest first."""
        return list(self._runs("finished=0 ORDER BY accepted_at", ()))

    def _runs(self, where: str, values: tuple[str, ...]) -> Iterator[Run]:
        columns = "run_id, user_id, thread_id, request_id, content, accepted_at, step"
        rows = self.db.execute(
            f"SELECT {columns}, results, finished FROM runs WHERE {where}", values
        )
        for *plain, results, finished in rows:
            run_id, user_id, thread_id, request_id, content, accepted_at, step = plain
            yield Run(
                run_id=run_id,
                user_id=user_id,
                thread_id=thread_id,
                request_id=request_id,
                content=content,
                accepted_at=accepted_at,
                step=step,
                results=json.loads(results),
                finished=bool(finished),
            )

    def add_note(self, user_id: str, call_id: str, note: str) -> None:
        """Keep ``note`` for the user; the same call stores it once, however often it runs."""
        self.db.execute(
            "INSERT OR IGNORE INTO notes SELECT ?, ?, ?, coalesce(max(number), 0) + 1"
            " FROM notes WHERE user_id=?",
            (user_id, call_id, note, user_id),
        )

    def notes(self, user_id: str) -> list[str]:
        """Return what the user asked to remember, oldest first."""
        rows = self.db.execute("SELECT note FROM notes WHERE user_id=? ORDER BY number", (user_id,))
        return [row[0] for row in rows]
