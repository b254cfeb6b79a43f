"""A worker: a forked process with a session of its own, which runs the scenarios it is handed."""

from __future__ import annotations

import copy
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NoReturn, Protocol

from behave.formatter.base import StreamOpener
from behave.formatter.plain import PlainFormatter

from support.config import Environment
from support.report.allure.formatter import GreenlightFormatter
from support.report.output import Masked
from support.run.cost import Expected
from support.run.gathered import gather
from support.run.interrupts import Interrupts
from support.run.parallel.messages import (
    Begin,
    Closed,
    Ended,
    FromWorker,
    Heard,
    Ready,
    Stop,
    Told,
    received_by_worker,
    send,
)
from support.run.parallel.sharing import Sharing
from support.run.ran import outcome_of
from support.run.session import Session

PARENT_GONE = "The process that supervises this run has ended."


class Running(Protocol):
    """What a worker needs of behave's runner."""

    config: Any
    context: Any
    formatters: list[Any]
    interrupts: Interrupts
    allure: GreenlightFormatter

    def carried_out(self, session: Session, features: Any, opened: Any) -> tuple[bool, str]:
        """Open `session` and run `features`: whether behave reports failure, why it ended early."""

    def cost_of(self, session: Session, scenarios: Sequence[Any]) -> Expected:
        """What the run will cost."""

    def tell_cost(self, environment: Environment, expected: Expected, kept: int) -> None:
        """Print it. Raises `DeploymentError` when it is over the budget."""

    def remarks(self) -> list[str]:
        """What is to be said of formatters that broke."""


class Worker:
    """One of the processes of a run; `scenarios` are all those of the run."""

    def __init__(
        self, runner: Running, connection: Connection, scenarios: Sequence[Any], session: Session
    ) -> None:
        self._runner = runner
        self._connection = connection
        self._session = session
        self._scenarios = scenarios
        self._numbers: SimpleQueue[int | None] = SimpleQueue()
        self._output = io.StringIO()
        self._answers: SimpleQueue[Heard] = SimpleQueue()
        self._saying = threading.Lock()
        self._sharing = Sharing(self._say)

    def share(self) -> None:
        """Tell the other workers what belongs to whom: they are on the same deployment."""
        self._session.journal.redactor.tell = self._sharing.tell

    def work(self) -> NoReturn:
        """Run what is handed out until there is no more, and end the process."""
        status = 1
        try:
            sys.stdout = sys.stderr = Masked(self._output)  # a block per scenario, not a jumble
            self._obey()
            self._quiet_behave()
            failed, aborted = self._runner.carried_out(
                self._session, self._units(), self._say_ready
            )
            gathered = gather(self._session)
            closed = Closed(
                failed=failed,
                aborted=aborted,
                broken=tuple(self._runner.context.broken),
                errors=(*gathered.errors, *filter(None, [self._sharing.problem])),
                remarks=tuple(self._runner.remarks()),
                journal_broken=gathered.journal_broken,
            )
            self._say(closed)
            status = 0
        except (EOFError, OSError):
            pass  # nobody is left to be told
        finally:
            os._exit(status)

    def _obey(self) -> None:
        """Signals of the terminal are the parent's to handle; it says when to stop."""
        for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
            if number := getattr(signal, name, None):
                signal.signal(number, signal.SIG_IGN)
        self._runner.interrupts.obey(signal.SIGTERM)
        for name, target in (("orders", self._listen), ("answers", self._answer)):
            threading.Thread(target=target, name=f"greenlight-{name}", daemon=True).start()

    def _listen(self) -> None:
        """Obey the parent until it has gone. Never sends anything: it must not wait for anybody."""
        stop = ""
        while stop != PARENT_GONE:
            try:
                message = received_by_worker(self._connection)
            except (EOFError, OSError):
                message = Stop(PARENT_GONE)
            match message:
                case Begin():
                    self._numbers.put(message.number)
                    continue
                case Told():
                    self._session.journal.redactor.learn(message.known)
                    self._answers.put(Heard(message.number, message.sender))
                    continue
                case Heard():
                    self._sharing.heard(message.number)
                    continue
                case Stop() if not stop:
                    self._runner.interrupts.reason = message.reason
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            stop = message.reason if isinstance(message, Stop) else stop
            self._numbers.put(None)

    def _answer(self) -> None:
        with suppress(OSError):  # the listener finds out
            while True:
                self._say(self._answers.get())

    def _say(self, message: FromWorker) -> None:
        with self._saying:
            send(self._connection, message)

    def _quiet_behave(self) -> None:
        """Only Allure's formatter and one that prints steps; nobody adds up but the parent."""
        config = self._runner.config
        config.reporters[:] = []
        opener = StreamOpener(stream=self._output)
        self._runner.formatters[1:] = [PlainFormatter(opener, config)]

    def _say_ready(self) -> None:
        under_test = self._session.under_test
        ready = Ready(
            target=under_test.name,
            build=under_test.build,
            capabilities=under_test.capabilities or (),
            expected=self._runner.cost_of(self._session, self._scenarios),
            kept=under_test.sign_in.kept,
        )
        self._say(ready)

    def _units(self) -> Iterator[Any]:
        """A feature for each scenario that is handed out; how it ended is told after it was run."""
        while (number := self._numbers.get()) is not None and not self._runner.context.aborted:
            scenario = self._scenarios[number - 1]
            self._session.next_is(number)
            yield alone(scenario)
            outcome = outcome_of(scenario)
            said = self._output.getvalue()
            self._output.seek(0)
            self._output.truncate()
            with suppress(OSError):  # the listener finds out, and ends the run
                self._say(Ended(number, outcome, said))


def alone(scenario: Any) -> Any:
    """The feature of `scenario` with that scenario only, in the rule or outline it stands in."""
    element = scenario
    while (parent := getattr(element, "parent", None)) is not None:
        parent = copy.copy(parent)
        if hasattr(parent, "_scenarios"):  # an outline
            parent._scenarios = [element]
        else:
            parent.run_items = [element]
        element.parent = parent
        element = parent
    return element
