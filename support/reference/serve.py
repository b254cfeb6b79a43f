"""The supervisor: starts both services, says where they are, obeys, and ends with them."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from support.reference.children import Child, ChildError, environment_for
from support.reference.config import CHAT_STORE, ConfigError, variables

SECRET_VARIABLE = "GREENLIGHT_REFERENCE_SECRET"
FAILED = 2


def serve(
    defects: Sequence[str] = (),
    run_dir: Path | None = None,
    settings: Mapping[str, str] | None = None,
    json_output: bool = False,
    control: bool = False,
    lawful: Sequence[str] = (),
) -> int:
    """Run the reference service until a stop is requested; return the exit code.

    ``lawful`` names variants of the healthy service, ``settings`` are such as
    ``{"chat.heartbeat_s": "2"}``. With ``json_output`` one JSON line says when and where it is
    ready; with ``control`` lines on standard input stop, kill and start the services, and the end
    of standard input ends everything. Without ``run_dir`` a temporary directory is used and
    removed. What goes wrong is a line on standard error.
    """
    os.umask(0o077)  # stores and logs hold what people wrote
    try:
        directory = temporary() if run_dir is None else run_dir
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return complain(f"cannot use the run directory: {error}")
    try:
        supervisor = Supervisor(defects, directory.resolve(), settings or {}, lawful)
        code = asyncio.run(supervisor.run(json_output, control))
    except ConfigError as error:
        code = complain(str(error))
    except (ChildError, OSError) as error:
        # The logs stay, for anyone who wants to know more.
        return complain(str(error))
    if run_dir is None:
        shutil.rmtree(directory, ignore_errors=True)
    return code


def temporary() -> Path:
    """Return a new temporary directory; `owner.json` in it says whose it is once we are gone."""
    directory = Path(tempfile.mkdtemp(prefix="greenlight-"))
    this = psutil.Process()
    owner = {"host": socket.gethostname(), "pid": this.pid, "started": this.create_time()}
    (directory / "owner.json").write_text(json.dumps(owner), "utf-8")
    return directory


def complain(text: str) -> int:
    """Say on standard error what went wrong and return the exit code for it."""
    print(f"reference service: {text}", file=sys.stderr, flush=True)
    return FAILED


class Supervisor:
    """Holds both services. Raises ConfigError for settings that do not exist."""

    def __init__(
        self,
        defects: Sequence[str],
        run_dir: Path,
        settings: Mapping[str, str],
        lawful: Sequence[str] = (),
    ) -> None:
        self.altered = [f"defect:{name}" for name in dict.fromkeys(defects)]
        self.altered += [f"lawful:{name}" for name in dict.fromkeys(lawful)]
        self.run_dir = run_dir
        self.people = {
            "operator": {"email": "operator@example.test", "password": secrets.token_urlsafe(12)},
            "reader": {"email": "reader@example.test", "password": secrets.token_urlsafe(12)},
        }
        environment = environment_for(self.defaults() | variables(settings))
        if "auth.operators" in settings or "AUTH_OPERATORS" in os.environ:
            self.people = {}
            environment["AUTH_OPERATORS"] = settings.get(
                "auth.operators", os.environ.get("AUTH_OPERATORS", "")
            )
        self.children = {
            name: Child(name, self.command(name), environment, run_dir) for name in ("auth", "chat")
        }
        for name, child in self.children.items():
            child.reserve_port(int(settings.get(f"{name}.port", "0")))
        self.store_lock: sqlite3.Connection | None = None

    def defaults(self) -> dict[str, str]:
        """Return the default settings of both services."""
        secret = os.environ.get(SECRET_VARIABLE) or secrets.token_urlsafe(32)
        operator, reader = self.people["operator"], self.people["reader"]
        return {
            "AUTH_JWT_SECRET": secret,
            "CHAT_JWT_SECRET": secret,
            "AUTH_RUN_DIR": str(self.run_dir),
            "CHAT_RUN_DIR": str(self.run_dir),
            "AUTH_OPERATORS": f"{operator['email']}:{operator['password']}:chat operator,"
            f"{reader['email']}:{reader['password']}:chat:read",
        }

    def command(self, name: str) -> list[str]:
        """Return the module to run as the service ``name``, and its arguments."""
        if self.altered:
            return ["support.reference.altered", name, *self.altered]
        return [f"support.reference.{name}"]

    async def run(self, json_output: bool, control: bool) -> int:
        """Start, announce, obey, stop; return the exit code."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        try:
            await self.start_all()
            self.announce(json_output)
            orders: set[asyncio.Task[Any]] = {asyncio.create_task(stopping.wait())}
            if control:
                orders.add(asyncio.create_task(self.obey()))
            watches: dict[asyncio.Task[Any], Child] = {
                asyncio.create_task(child.ended_unasked()): child
                for child in self.children.values()
            }
            done, rest = await asyncio.wait(
                [*orders, *watches], return_when=asyncio.FIRST_COMPLETED
            )
            for task in rest:
                task.cancel()
            ended = [watches[task] for task in done if task in watches]
            if ended and not stopping.is_set():
                return complain(f"the {ended[0].name} service ended: {ended[0].last_words()}")
            return 0
        finally:
            await self.stop_all()

    async def start_all(self) -> None:
        """Start both services at once; raise ChildError for the first that does not start."""
        starts = (child.start() for child in self.children.values())
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def stop_all(self) -> None:
        """Stop both services and give everything back."""
        self.unlock_store()
        await asyncio.gather(*(child.stop() for child in self.children.values()))
        for child in self.children.values():
            child.release()

    def announce(self, json_output: bool) -> None:
        """Say that everything is ready, and where."""
        auth, chat = self.children["auth"], self.children["chat"]
        if json_output:
            pids = {name: child.pid for name, child in self.children.items()}
            say(
                {
                    "chat_url": chat.url,
                    "auth_url": auth.url,
                    "pids": {**pids, "supervisor": os.getpid()},
                    "run_dir": str(self.run_dir),
                    **self.people,
                }
            )
            return
        print(f"chat backend  {chat.url}  (WebSocket at /ws)")
        print(f"auth service  {auth.url}")
        print(f"logs          {self.run_dir}")
        for altered in self.altered:
            kind, _, name = altered.partition(":")
            print(f"{kind:14}{name}")
        print("Press Ctrl+C to stop.", flush=True)

    # Control -----------------------------------------------------------------------------------

    async def obey(self) -> None:
        """Do what the lines on standard input say, one after another, until it ends."""
        lines: asyncio.Queue[str | None] = asyncio.Queue()
        read_lines(asyncio.get_running_loop(), lines)
        while (line := await lines.get()) is not None:
            if line.strip():
                say(await self.answer(" ".join(line.split())))

    async def answer(self, line: str) -> dict[str, Any]:
        """Carry out one command and return what came of it; ``took_s`` in seconds."""
        began = time.monotonic()
        verb, _, name = line.partition(" ")
        action = self.actions().get((verb, name))
        if action is None:
            return {"ok": False, "action": line, "error": f"unknown command {line!r}"}
        try:
            await action()
        except (ChildError, sqlite3.Error) as error:
            return {"ok": False, "action": line, "error": str(error)}
        child = self.children.get(name)
        return {
            "ok": True,
            "action": line,
            "pid": child.pid if child else None,
            "took_s": round(time.monotonic() - began, 3),
        }

    def actions(self) -> dict[tuple[str, str], Callable[[], Awaitable[None]]]:
        """Return what can be commanded."""
        known: dict[tuple[str, str], Callable[[], Awaitable[None]]] = {
            ("stop", "store"): self.lock_store,
            ("start", "store"): self.unlock_store_soon,
        }
        for name, child in self.children.items():
            known |= {
                ("stop", name): child.stop,
                ("kill", name): child.kill,
                ("start", name): child.start,
            }
        return known

    async def lock_store(self) -> None:
        """Keep the chat backend from writing its store, as a failing disk would."""
        if self.store_lock is None:
            self.store_lock = sqlite3.connect(
                self.run_dir / CHAT_STORE, isolation_level=None, timeout=5
            )
            self.store_lock.execute("BEGIN IMMEDIATE")

    async def unlock_store_soon(self) -> None:
        """Let the chat backend write its store again."""
        self.unlock_store()

    def unlock_store(self) -> None:
        """Give the store back if it was taken."""
        if self.store_lock is not None:
            self.store_lock.close()
            self.store_lock = None


def say(body: dict[str, Any]) -> None:
    """Print one JSON line."""
    print(json.dumps(body), flush=True)


def read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]) -> None:
    """Put the lines of standard input on ``lines``, and None at its end."""

    # A thread with plain reads works for pipes, terminals and files alike, and a buffered reader
    # left waiting in a thread would upset the interpreter's exit.
    def read() -> None:
        rest = b""
        while chunk := os.read(0, 4096):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
