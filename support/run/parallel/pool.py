"""The parent of a parallel run: forks the workers, hands scenarios out, gathers what they say."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import psutil

from support.approval import Outcome
from support.approval.words import capital
from support.config import DeploymentError, Environment
from support.journal import Journal, Zero
from support.report.formatting import mask
from support.run.interrupts import Interrupted
from support.run.parallel.limits import Limits
from support.run.parallel.messages import (
    Begin,
    Close,
    Closed,
    Ended,
    Heard,
    Ready,
    Stop,
    Told,
    ToWorker,
    received_by_parent,
    send,
)
from support.run.parallel.progress import Progress
from support.run.parallel.schedule import Schedule
from support.run.parallel.sharing import Hub
from support.run.parallel.worker import Running, Worker
from support.run.session import Session

#: A worker that was told to stop leaves its step at once and its deployment in good order.
GRACE_S = 45.0
ENDING_S = 2.0


@dataclass(eq=False)
class _Process:
    """A worker as its parent sees it. `running` is the number of a scenario."""

    number: int
    pid: int
    connection: Connection
    journal: Path
    ready: Ready | None = None
    running: int | None = None
    told_to_end: bool = False
    closed: Closed | None = None


@dataclass
class Pool:
    """The workers of one run and what they have said so far."""

    runner: Running
    environment: Environment
    run_dir: Path
    scenarios: Sequence[Any]
    schedule: Schedule
    progress: Progress
    limits: Limits
    processes: list[_Process] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    aborted: str = ""
    #: Why the run ended early though nothing was wrong with it; it is rejected in any case.
    curtailed: str = ""
    _kill_at: float = float("inf")
    _hub: Hub = field(default_factory=Hub)

    @property
    def closed(self) -> list[Closed]:
        """The last words of the workers that have ended."""
        return [p.closed for p in self.processes if p.closed is not None]

    @property
    def ends_early(self) -> str:
        """Why the run ends before its end, in a sentence; empty if it does not."""
        return self.aborted or self.curtailed

    def start(self, jobs: int) -> None:
        """Fork the workers. No thread and no loop may exist yet in this process."""
        zero = Zero(time.time(), time.monotonic())
        for number in range(jobs):
            ours, theirs = Pipe()
            journal = self.run_dir / f"journal-{number + 1}.jsonl"
            pid = os.fork()
            if pid == 0:
                for process in self.processes:  # else nobody would see that the parent has gone
                    process.connection.close()
                ours.close()
                self._work(theirs, number, journal, zero)
            theirs.close()
            self.processes.append(_Process(number, pid, ours, journal))

    def _work(self, connection: Connection, number: int, path: Path, zero: Zero) -> None:
        """In the forked process. Never returns."""
        try:
            service = number if self.environment.uses_reference else 0
            journal = Journal(path, zero=zero)
            session = Session(self.environment, self.run_dir, journal, service=service)
            worker = Worker(self.runner, connection, self.scenarios, session)
            if not self.environment.uses_reference:
                worker.share()
            worker.work()
        finally:
            os._exit(1)

    def run(self) -> None:
        """Hand out every scenario and wait for the end of every worker."""
        self.progress.begun()
        while open_ones := [p for p in self.processes if p.closed is None]:
            ready = self._wait([p.connection for p in open_ones])
            for process in open_ones:
                if process.connection in ready:
                    self._hear(process)
            self._hand_out()
            self._end_if_due()

    def stop(self, reason: str, *, curtailed: bool = False) -> None:
        """End the run early. Only the first reason counts."""
        if not self.ends_early:
            self.aborted, self.curtailed = ("", reason) if curtailed else (reason, "")
            self._kill_at = time.monotonic() + GRACE_S
        for process in self.processes:
            if process.closed is None:
                self._tell(process, Stop(reason))

    def abandon(self) -> None:
        """Kill every worker that has not ended; after `run` there is none."""
        for process in self.processes:
            if process.closed is None:
                with suppress(ProcessLookupError, ChildProcessError):
                    os.kill(process.pid, signal.SIGKILL)
                    os.waitpid(process.pid, 0)

    def _wait(self, connections: Sequence[Connection]) -> Collection[Any]:
        """Those that have something to say, or have gone; empty after a while, or for a signal."""
        try:
            if self.ends_early:
                return wait(connections, 0.5)
            with self.runner.interrupts.interruptible():
                return wait(connections, 1.0)
        except Interrupted as interrupted:
            self.stop(str(interrupted))
            return ()

    def _hear(self, process: _Process) -> None:
        try:
            message = received_by_parent(process.connection)
        except (EOFError, OSError):
            self._gone(process)
            return
        match message:
            case Ready():
                process.ready = message
                self._reached(message)
            case Ended():
                process.running = None
                self.outcomes[message.number] = message.outcome
                self.progress.scenario_ended(message.outcome, message.output)
                if message.outcome.failing or message.outcome.spoilt:
                    self.schedule.failed(message.number)
                self._judge_stage(message)
            case Told():
                self._tell_others(process, message)
            case Heard():
                if self._hub.heard(message, process.number):
                    self._tell(self.processes[message.sender], message)
            case Closed():
                process.closed = message
                process.connection.close()
                os.waitpid(process.pid, 0)
                self._all_heard(process)
                if message.aborted and not self.ends_early:
                    self.stop(message.aborted)

    def _tell_others(self, process: _Process, message: Told) -> None:
        others = [p for p in self.processes if p is not process and p.closed is None]
        told = self._hub.told(message, process.number, [p.number for p in others])
        for other in others:
            self._tell(other, told)
        if not others:
            self._all_heard(process)

    def _all_heard(self, process: _Process) -> None:
        """Nobody waits for what this one has not heard of."""
        for message in self._hub.ended(process.number):
            self._tell(self.processes[message.sender], message)

    def _reached(self, ready: Ready) -> None:
        if sum(p.ready is not None for p in self.processes) == 1:
            try:
                self.limits.expect(ready.expected)
                self.runner.tell_cost(self.environment, ready.expected, ready.kept)
            except DeploymentError as error:
                self.stop(mask(f"{capital(str(error))}."))

    def _judge_stage(self, ended: Ended) -> None:
        """What fails in a stage ends the run: what comes later rests on it."""
        stage = self.schedule.stage(ended.number)
        if self.limits.rejects(ended.outcome) and stage:
            text = f"“{ended.outcome.name}” failed, so the run ended with its stage “{stage}”."
            self.stop(text, curtailed=True)

    def _gone(self, process: _Process) -> None:
        """A worker has ended without its last words: nothing can be approved any more."""
        process.connection.close()
        code = _exit_code(process.pid)
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        where = ""
        if process.running is not None:
            name = self.scenarios[process.running - 1].name
            where = f" in the middle of “{name}”"
        text = f"A process of the run ended {how}{where}."
        process.closed = Closed(failed=True)
        self._all_heard(process)
        self.stop(text)

    def _hand_out(self) -> None:
        quiet = all(p.ready is not None or p.closed is not None for p in self.processes)
        for process in self.processes:
            if process.ready is None or process.closed is not None or process.told_to_end:
                continue
            if self.ends_early or process.running is not None:
                continue
            running = [p.running for p in self.processes if p.running is not None]
            number = self.schedule.take(running, quiet=quiet)
            if number is not None:
                process.running = number
                self._tell(process, Begin(number))
        if not self.schedule.left and all(p.running is None for p in self.processes):
            for process in self.processes:
                if process.ready is not None and not process.told_to_end and not process.closed:
                    process.told_to_end = True
                    self._tell(process, Close())

    def _end_if_due(self) -> None:
        if not self.ends_early and (reason := self.limits.time_is_up()):
            self.stop(reason)
        if not self.ends_early and (reason := self.limits.decided()):
            self.stop(reason, curtailed=True)
        if time.monotonic() < self._kill_at:
            return
        for process in self.processes:
            if process.closed is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)  # the end of its connection says the rest

    def _tell(self, process: _Process, message: ToWorker) -> None:
        with suppress(OSError):  # it has gone, which its connection says next
            send(process.connection, message)


def _exit_code(pid: int) -> int:
    """Of a child whose connection is closed: it is about to end, or has become another program."""
    process = psutil.Process(pid)
    try:
        code = process.wait(ENDING_S)
    except psutil.TimeoutExpired:
        process.kill()
        code = process.wait()
    return int(code or 0)
