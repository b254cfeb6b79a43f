"""`greenlight dialect try`: one user of a real backend, step by step, as a gate has them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from support.client import BackgroundLoop, SignIn, User
from support.config import DeploymentError, NotOffered, load_environment
from support.config.own_folder import own_folder
from support.deployment import Deployment
from support.dialects import Conversation, Dialect, Person
from support.dialects.conversation import Heard
from support.dialects.loading import dialect_path
from support.dialects.speaker import Request
from support.journal import Journal, facts
from support.report.formatting import redact_with
from support.run.trial.claims import tell_claims
from support.run.trial.telling import Teller

WORKED, FAILED = 0, 1
_SIGNING_IN = ("environment", "sign_in", "auth_url", "jwt_secret", "users")
LIMIT_S = 1800.0


class Watched(Dialect):
    """A dialect that shows what it reads; rules are asked one by one, so that each is known."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect.data, dialect.wire.framing, dialect.signature)
        self.wire.typed = None
        self.seen: Callable[[Heard], None] = lambda heard: None

    def conversation(self, person: Person) -> Conversation:
        """As the dialect's own."""
        return _Shown(self, person)


class _Shown(Conversation):
    def __init__(self, dialect: Watched, person: Person) -> None:
        super().__init__(dialect.wire, person)
        self._dialect = dialect

    def read(self, frame: str | bytes) -> Heard:
        heard = super().read(frame)
        self._dialect.seen(heard)
        return heard

    def answered(self, status: int | None, text: str, request: Request) -> Heard:
        heard = super().answered(status, text, request)
        self._dialect.seen(heard)
        return heard


def with_token(flags: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    """The settings with one user who holds `token`, or none: for an address and nothing else."""
    signs_in = any(
        name in flags or os.environ.get(f"GREENLIGHT_{name.upper()}") for name in _SIGNING_IN
    )
    if token is None and (signs_in or "chat_url" not in flags):
        return dict(flags)
    return {**flags, "sign_in": "static", "users": [{"token": token or ""}]}


def try_live(
    name: str,
    flags: Mapping[str, Any],
    console: Console,
    kept: Path | None = None,
    *,
    full: bool = False,
) -> int:
    """Try the dialect on the deployment that `flags` name; 0 when a question was answered.

    `kept` is where the journal is written, to be read again later; `full` cuts no line. Raises
    `DeploymentError` for a dialect or an environment that cannot be used.
    """
    path = dialect_path(name)
    environment = load_environment({**flags, "dialect": str(path)})
    folder = own_folder()
    try:
        journal = Journal(kept or folder / "journal.jsonl")
        try:
            deployment = Deployment(environment, folder, journal.redactor)
            watched = Watched(deployment.dialect)
            tell = Teller(console, watched.wire, path.read_text("utf-8"), full=full)
            return _tried(deployment, watched, journal, tell)
        finally:
            journal.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tried(deployment: Deployment, watched: Watched, journal: Journal, tell: Teller) -> int:
    environment = deployment.environment
    redact_with(journal.redactor.redact)
    for label, secret in environment.secrets().items():
        journal.redactor.add_secret(secret, label)
    deployment.dialect, watched.seen = watched, tell.heard
    journal.listen(tell.record)
    loop = BackgroundLoop()
    try:
        tell.note(f"The dialect {watched.name}, tried on {deployment.name}", "bold")
        if problem := deployment.unreachable():
            tell.bad(f"{problem}. Start it, or name its address with --chat-url.")
            return FAILED
        journal.begin_scenario("trial")
        keep_secret = journal.redactor.add_secret
        user = User("trial/Alice", deployment, journal, SignIn(deployment, keep_secret))
        answered = loop.run(_whole(user, tell), LIMIT_S)
        tell.summary()
        tell_claims(tell, deployment.lacking, watched.data, environment)
        return WORKED if answered else FAILED
    finally:
        loop.close()
        deployment.close()


async def _whole(user: User, tell: Teller) -> bool:
    """All parts of the trial, as far as it gets; True when the first question was answered."""
    answered = False
    try:
        answered = await _part(tell, "1. Sign in and connect", _connect(user, tell))
        answered = answered and await _part(tell, "2. Ask a question", _ask(user, tell))
        if answered:
            await _part(tell, "3. Check that nothing is on its way any more", _fence(user, tell))
            await _part(tell, "4. Lose the connection and come back", _come_back(user, tell))
    finally:
        tell.title("5. Leave")
        await user.close()
    return answered


async def _part(tell: Teller, title: str, doing: Awaitable[bool]) -> bool:
    tell.title(title)
    try:
        return await doing
    except NotOffered as missing:
        tell.bad(f"not offered: {missing}")
    except DeploymentError as error:
        tell.bad(f"{error}")
    return False


async def _connect(user: User, tell: Teller) -> bool:
    if await user.connect():
        tell.good("connected, and the hello is over")
        return True
    if user.online is not None:
        tell.bad("connected, but the subscription was never answered: look at [send.subscribe]")
    elif user.connections:
        tell.bad(
            "not connected: look at [handshake], at [[hello]], and at the rule that says ready"
            " (without any, a user is connected when the hello is over)"
        )
    else:
        tell.bad("not connected: signing in, or a call in [[before]], has failed; see above")
    return False


async def _ask(user: User, tell: Teller, kind: str = "plain") -> bool:
    run = await user.ask(kind)
    if not await user.accepted(run):
        if run.rejected is not None:
            tell.bad(f"the question was rejected: {run.rejected.code}")
        else:
            tell.bad('the question was never accepted: which message says so? (says = "accepted")')
        return False
    return await _ended(user, tell)


async def _ended(user: User, tell: Teller) -> bool:
    run = user.current_run
    if await user.finished(run):
        tell.good(f"the run is over: {_in_short(run.seen)}")
        if run.kind == "plain" and facts.COMPLETED in run.seen:
            _missing(user, tell)
        return facts.COMPLETED in run.seen
    tell.bad(
        f"the run never ended (seen: {_in_short(run.seen) or 'no event of it'}): which message says"
        " agent_completed, and has it the run_id that was accepted?"
    )
    return False


def _in_short(events: Sequence[str]) -> str:
    """The events in order, those that follow each other counted: `22 × delta`."""
    counted = ((event, len(list(same))) for event, same in groupby(events))
    return ", ".join(event if count == 1 else f"{count} × {event}" for event, count in counted)


def _missing(user: User, tell: Teller) -> None:
    """Say which events a gate would miss in every plain run, and what can be done about it."""
    lacks = user.deployment.dialect.data.runs.lacks
    wanted = [event for event in facts.REQUIRED_EVENTS if event not in lacks]
    missing = [event for event in wanted if event not in user.current_run.seen]
    if missing:
        tell.bad(
            f"the plain question brought no {', no '.join(missing)}: write [prompts] plain so that"
            " the agent does this, correct the rule that says so, or name it in [runs] lacks where"
            " your backend never sends it"
        )


async def _fence(user: User, tell: Teller) -> bool:
    data = user.deployment.dialect.data
    rules, ordered = data.fence, data.fence.ordered and {"ping", "fence"} & set(data.send)
    if not await user.liveness.fence():
        tell.bad("the ping was never answered: look at [send.ping] and the rule that says pong")
        return False
    if ordered:
        tell.good("a ping was answered: all that was sent before it has arrived")
    else:
        tell.good(
            f"{rules.quiet_s:g} s of silence; a ping in order would be stronger ([send.ping])"
        )
    return True


async def _come_back(user: User, tell: Teller) -> bool:
    resumes = "resume" in user.deployment.capabilities
    if resumes:
        kind = "slow" if "slow" in user.deployment.dialect.data.prompts else "plain"
        run = await user.ask(kind)
        if not await user.accepted(run):
            tell.bad("a second question was never accepted")
            return False
    user.cut()
    if not await user.reconnect():
        tell.bad("the user could not come back: look at [resume], and hello steps with when")
        return False
    if not resumes:
        tell.good("connected again; what was missed is gone ([resume] mode is none or live)")
        return True
    tell.good("connected again, while the second question is answered")
    return await _ended(user, tell)
