"""Forks Python processes from one that has everything imported: a start takes no second any more.

`python tests/fork_server.py SOCKET` serves requests of `forked.Popen` until its standard input
ends. It never does anything but import and fork, so each process begins as a fresh one would:
own arguments, environment, folder, standard streams and signals, and no other open file.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import importlib.util
import io
import json
import os
import re
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

#: Everything that a run of the suite, its commands and the reference service import, sooner or
#: later: what is missing here is only slow.
PRELOADED = (
    *("behave.__main__", "behave.runner_util", "behave.formatter.pretty", "behave.formatter.null"),
    *("behave.reporter.summary", "behave.formatter._builtins", "allure", "hamcrest", "uuid"),
    *("support.run.runner", "support.run.gate", "support.run.judge", "support.cli"),
    *("support.reference.__main__", "support.reference.altered", "support.reference.serve"),
    *("support.reference.formats.cursors", "support.reference.formats.graphql"),
    *("asyncio.base_subprocess", "encodings.idna", "uvicorn.protocols.http.h11_impl"),
    *("uvicorn.protocols.websockets.websockets_impl", "uvicorn.loops.asyncio"),
)
LONGEST_REQUEST = 200_000  # bytes
_FIRST_FREE = 3  # file descriptors below are the standard streams


class Request(NamedTuple):
    """What to run, and where. `arguments` follow the name of the interpreter."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    new_session: bool


def run_forked(request: Request, streams: Sequence[int], popen: type | None) -> None:
    """In a process just forked: become the one of the request, run it, and end.

    `streams` become its standard streams. `popen` is what it starts processes with itself.
    """
    status = 1
    try:
        _become(request, streams, popen)
        _execute(request.arguments)
        status = 0
    except SystemExit as error:
        status = _status_of(error)
    except KeyboardInterrupt:
        traceback.print_exc()
        _flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
    finally:
        _end(status)


def _become(request: Request, streams: Sequence[int], popen: type | None) -> None:
    if request.new_session:
        os.setsid()
    for number, stream in enumerate(streams):
        if stream != number:
            os.dup2(stream, number)
        os.set_inheritable(number, True)
    os.closerange(_FIRST_FREE, os.sysconf("SC_OPEN_MAX"))
    _restore_signals()
    os.umask(request.umask)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    tempfile.tempdir = None
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = _stream(1)
    sys.stderr = sys.__stderr__ = _stream(2)
    if popen is not None:
        import subprocess

        subprocess.Popen = popen  # type: ignore[misc]


def _restore_signals() -> None:
    """As `exec` does: what was handled is so no more, and what was ignored still is."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            interrupt = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if interrupt else signal.SIG_DFL)


def _stream(number: int) -> io.TextIOWrapper:
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    raw = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
    like = sys.stdout if number == 1 else sys.stderr
    return io.TextIOWrapper(
        raw,
        encoding="utf-8",
        errors=like.errors,
        line_buffering=number == 2 or raw.isatty(),
        write_through=unbuffered,
    )


def _execute(arguments: Sequence[str]) -> None:
    """`python …`, as far as a module or a script is named."""
    module = arguments[0] == "-m"
    rest = list(arguments[2:] if module else arguments[1:])
    first = os.getcwd() if module else str(Path(arguments[0]).resolve().parent)
    path = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    sys.path[:] = [first, *path, *_BARE_PATH]
    main = ModuleType("__main__")
    if module:
        spec = _spec_of(arguments[1])
        assert spec.loader is not None
        code = spec.loader.get_code(spec.name)  # type: ignore[attr-defined]
        main.__spec__, main.__package__, main.__loader__ = spec, spec.parent, spec.loader
        main.__file__ = spec.origin
    else:
        main.__file__ = arguments[0]
        code = compile(Path(arguments[0]).read_bytes(), arguments[0], "exec")
    sys.argv[:] = [str(main.__file__), *rest]
    sys.modules["__main__"] = main
    exec(code, vars(main))


def _spec_of(name: str) -> ModuleSpec:
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{name}.__main__")
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name}")
    return spec


def _status_of(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def _end(status: int) -> None:
    """As the interpreter ends, but for taking apart what goes with the process anyway."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    finally:
        _flush()
        os._exit(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a reader that has gone
            stream.flush()


class Server:
    """Answers each connection with the process id of a fork, and with its status once it ends."""

    def __init__(self, address: str, popens: Callable[[str], type | None]) -> None:
        self._popen_for = popens
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        self._listener.listen(128)
        self._waits = selectors.DefaultSelector()
        self._waits.register(self._listener, selectors.EVENT_READ, self._serve)
        self._waits.register(0, selectors.EVENT_READ)

    def serve(self) -> None:
        """Until standard input ends."""
        while True:
            for key, _ in self._waits.select():
                if key.data is None:
                    return
                key.data()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        message, streams, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, _FIRST_FREE)
        if not message:
            connection.close()
            return
        request = Request(*json.loads(message))
        pid = os.fork()
        if pid == 0:
            run_forked(request, streams, self._popen_for(" ".join(request.arguments[:2])))
        for stream in streams:
            os.close(stream)
        with suppress(OSError):  # nobody waits for it any more
            connection.send(str(pid).encode())
        watch = os.pidfd_open(pid)
        self._waits.register(
            watch, selectors.EVENT_READ, lambda: self._ended(pid, watch, connection)
        )

    def _ended(self, pid: int, watch: int, connection: socket.socket) -> None:
        self._waits.unregister(watch)
        os.close(watch)
        _, status = os.waitpid(pid, 0)
        with suppress(OSError), connection:
            connection.send(str(status).encode())


def _popen_of(address: str) -> Callable[[str], Any]:
    """How the processes of this server start processes themselves."""
    import forked

    def popen(what: str) -> type:
        if what.startswith("-m support.reference"):
            return forked.DirectPopen  # asyncio waits for its processes with `waitpid`
        forked.ADDRESS = address
        return forked.Popen

    return popen


def _compile_all() -> None:
    """Compile the patterns of all steps, the templates of all reports and the usual dialect."""
    import jinja2
    from behave import runner_util, step_registry

    from support.config import DeploymentError, Environment
    from support.dialects import load_dialect
    from support.report import render
    from support.run.parameter_types import register_types

    register_types(lambda: None)  # type: ignore[arg-type, return-value]
    runner_util.load_step_modules([str(_ROOT / "steps")])
    step_registry.registry.clear()
    with suppress(DeploymentError):  # where that is broken, the process that needs it tells
        load_dialect(Environment.model_fields["dialect"].default)
    for templates in vars(render).values():
        if isinstance(templates, jinja2.Environment):
            for name in templates.list_templates(extensions=["j2"]):
                with suppress(jinja2.TemplateError):  # of another kind, which has other filters
                    templates.get_template(name)


def main(address: str) -> None:
    """Import everything, say so, and serve."""
    sys.modules.setdefault("fork_server", sys.modules["__main__"])
    re._MAXCACHE = 4096  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each process would tell of them in its own log
        for name in PRELOADED:
            importlib.import_module(name)
    _compile_all()
    gc.collect()
    gc.freeze()
    server = Server(address, _popen_of(address))
    print("ready", flush=True)
    server.serve()
    shutil.rmtree(Path(address).parent, ignore_errors=True)  # workers of xdist end without ado


_ROOT = Path(__file__).resolve().parents[1]
_BARE_PATH = [
    path for path in sys.path[1:] if path not in os.environ.get("PYTHONPATH", "").split(os.pathsep)
]

if __name__ == "__main__":
    sys.path.insert(1, str(_ROOT))
    main(sys.argv[1])
