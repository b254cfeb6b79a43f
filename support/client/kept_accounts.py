"""Accounts that are kept from run to run, so that a run leaves few new ones behind.

An account is taken out of the file before it is used and put back after a scenario that passed. So
those in the file are at rest, and no two runs ever share one. Within a run nobody gets an account
twice: each user of each scenario is somebody else.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from support.config import DeploymentError

#: After so many runs an account is put back no more: its earlier secrets are to be looked for in
#: every frame, and what an agent keeps of its user grows.
MOST_RUNS = 20
OWNER_ONLY = 0o600


class KeptAccount(msgspec.Struct, frozen=True):
    """An account that exists; `canaries` are the secrets that its user told in earlier runs.

    `free_from` (Unix seconds): by then, whatever its user last asked has ended. `run` is the last
    run that used it.
    """

    email: str
    password: str
    user_id: str
    canaries: tuple[str, ...] = ()
    free_from: float = 0.0
    run: str = ""

    def __repr__(self) -> str:
        return f"KeptAccount({self.email})"


_Accounts = dict[str, list[KeptAccount]]


class KeptAccounts:
    """The accounts kept in the file at `path` for the auth service at `address`.

    The file holds passwords: only its owner may read it. Safe to use from several threads and
    processes, also of one run, which all give its name as `run`. Every method raises
    `DeploymentError` when the file cannot be used.
    """

    def __init__(self, path: Path, address: str, rest_s: float, run: str = "") -> None:
        self._path = path
        self._address = address
        self._rest_s = rest_s
        self._run = run
        self._met: set[str] = set()

    def available(self) -> int:
        """How many could be taken now."""
        with self._opened() as accounts:
            return sum(map(self._is_free, accounts.get(self._address, ())))

    def passwords(self) -> list[str]:
        """Those of every account, used in this run or not: a deployment may tell any of them."""
        with self._opened() as accounts:
            return [account.password for account in accounts.get(self._address, ())]

    def take(self) -> KeptAccount | None:
        """The account put back first, from now on this run's alone; None if none is free."""
        with self._opened() as accounts:
            mine = accounts.get(self._address, [])
            found = next(filter(self._is_free, mine), None)
            if found is not None:
                mine.remove(found)
                self._write(accounts)
                self._met.add(found.email)
            return found

    def put_back(self, account: KeptAccount) -> None:
        """Keep the account for later runs, unless it has served enough of them."""
        self._met.add(account.email)
        if len(account.canaries) >= MOST_RUNS:
            return
        free_from = time.time() + self._rest_s
        rested = msgspec.structs.replace(account, free_from=free_from, run=self._run)
        with self._opened() as accounts:
            accounts.setdefault(self._address, []).append(rested)
            self._write(accounts)

    def forget(self) -> None:
        """Keep none of the accounts of this address: they are gone."""
        with self._opened() as accounts:
            accounts.pop(self._address, None)
            self._write(accounts)

    def _is_free(self, account: KeptAccount) -> bool:
        met = account.email in self._met or (bool(account.run) and account.run == self._run)
        return not met and account.free_from <= time.time()

    @contextmanager
    def _opened(self) -> Iterator[_Accounts]:
        """What the file holds, while nobody else may change it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(f"{self._path}.lock", os.O_RDWR | os.O_CREAT, OWNER_ONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield self._read()
            finally:
                os.close(lock)
        except OSError as error:
            raise DeploymentError(
                f"cannot use {self._path} (accounts_file): {error.strerror}"
            ) from None

    def _read(self) -> _Accounts:
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return {}
        with os.fdopen(file, "rb") as opened:
            status = os.fstat(file)
            if status.st_mode & 0o077 or status.st_uid != os.getuid():
                raise DeploymentError(
                    f"{self._path} (accounts_file) holds passwords, but others can read or change"
                    " it: make it yours alone (chmod 600) or delete it"
                )
            try:
                return msgspec.json.decode(opened.read(), type=_Accounts)
            except msgspec.MsgspecError:
                raise DeploymentError(
                    f"{self._path} (accounts_file) holds no accounts: correct or delete it"
                ) from None

    def _write(self, accounts: _Accounts) -> None:
        """Replace the whole file at once: no moment leaves half of it."""
        new = Path(f"{self._path}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb"
        ) as file:
            file.write(msgspec.json.encode(accounts))
        new.replace(self._path)
