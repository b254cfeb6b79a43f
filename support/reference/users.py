"""The people the auth service knows, with hashed passwords, in SQLite."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    email TEXT PRIMARY KEY, user_id TEXT UNIQUE, scope TEXT, salt BLOB, hash BLOB
) WITHOUT ROWID;
"""


class Taken(Exception):
    """The e-mail address belongs to another user."""


@dataclass(frozen=True)
class User:
    """One user; ``scope`` is space separated."""

    email: str
    user_id: str
    scope: str
    salt: bytes
    hash: bytes


class Users:
    """Adds and finds users. ``rounds`` is the work factor of the hash (PBKDF2, RFC 8018)."""

    def __init__(self, path: Path, rounds: int) -> None:
        self.rounds = rounds
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def add(self, email: str, password: str, scope: str) -> User:
        """Return the new user; raise Taken when there is one with this address."""
        salt = secrets.token_bytes(16)
        user = User(email, self.new_id(), scope, salt, self.hashed(password, salt))
        try:
            self.db.execute(
                "INSERT INTO users VALUES (?, ?, ?, ?, ?)",
                (user.email, user.user_id, user.scope, user.salt, user.hash),
            )
        except sqlite3.IntegrityError:
            raise Taken from None
        return user

    def seed(self, email: str, password: str, scope: str) -> None:
        """Make sure that this user exists with this password and scope, keeping their id."""
        salt = secrets.token_bytes(16)
        self.db.execute(
            "INSERT INTO users VALUES (?, ?, ?, ?, ?) ON CONFLICT (email) DO UPDATE SET"
            " scope=excluded.scope, salt=excluded.salt, hash=excluded.hash",
            (email, self.new_id(), scope, salt, self.hashed(password, salt)),
        )

    def new_id(self) -> str:
        """Return a user id that nobody can guess."""
        return f"u-{secrets.token_hex(8)}"

    def find(self, email: str) -> User | None:
        """Return the user with this address."""
        return self._one("email", email)

    def by_id(self, user_id: str) -> User | None:
        """Return the user with this id."""
        return self._one("user_id", user_id)

    def with_password(self, email: str, password: str) -> User | None:
        """Return the user if the password is right; an unknown address takes as long."""
        user = self.find(email)
        salt, expected = (user.salt, user.hash) if user else (b"no such user", b"")
        right = hmac.compare_digest(self.hashed(password, salt), expected)
        return user if right else None

    def hashed(self, password: str, salt: bytes) -> bytes:
        """Return what is stored instead of the password."""
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, self.rounds)

    def _one(self, column: str, value: str) -> User | None:
        row = self.db.execute(
            f"SELECT email, user_id, scope, salt, hash FROM users WHERE {column}=?", (value,)
        ).fetchone()
        return User(*row) if row else None
