"""What a dialect does around a user's connections: calls before the first, a clean end."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

from support.client.connection import Connection
from support.config.secret_names import SECRET
from support.deployment import Deployment
from support.deployment.http import Answer
from support.dialects import Person
from support.dialects.expressions import MISSING, compiled
from support.dialects.schema import After, Call
from support.dialects.signing import signed
from support.dialects.templates import placeholders
from support.journal import Journal, records

#: No user's removal is waited for longer, however many leave at once.
MOST_S = 60.0


class Owner(Protocol):
    """Who the calls are made for."""

    key: str
    person: Person
    deployment: Deployment
    journal: Journal

    @property
    def online(self) -> Connection | None:
        """The newest open connection."""

    def new_connection(self) -> Connection:
        """A further connection, not opened yet."""


async def prepare(owner: Owner, scope: str) -> bool:
    """Make the calls that come before a first connection (`person`), or before each (`connection`).

    False, and recorded, when one fails; the values of its answer are kept for the user.
    """
    calls = owner.deployment.dialect.data.before
    owner.person.prepared = True
    for call in calls:
        if call.scope == scope and not await _make(owner, call, "before"):
            return False
    return True


async def say_farewell(owner: Owner) -> None:
    """Send the last messages of the dialect and wait for their answers, on a fresh connection if
    there is none any more; a failure is recorded."""
    last = [one for one in _after(owner) if one.message is not None]
    if not last or not owner.person.devices or owner.person.parted:
        return
    owner.person.parted = True
    within_s = owner.deployment.environment.patience.connect_s
    connection = owner.online
    if connection is None:
        connection = owner.new_connection()
        token = owner.person.values.get("token")
        await connection.open(token, expect="either", means="to remove what is left", resuming=True)
    for one in last:
        started, problem = time.monotonic(), "no connection could be opened for it"
        if connection.is_open:
            await connection.say([one.message], "farewell", one.wait or "")
            problem = await _let_go(connection, within_s) if one.wait is not None else ""
        _record(owner, "after", "the last message", problem, took_s=time.monotonic() - started)


async def clear_away(owner: Owner) -> None:
    """Remove by HTTP what a user has left on the deployment, once; a failure is recorded."""
    if not owner.person.prepared:
        return
    owner.person.prepared = False
    for call in _after(owner):
        if call.message is None:
            try:
                async with asyncio.timeout(MOST_S):
                    await _make(owner, call, "after")
            except TimeoutError:
                _record(owner, "after", f"{call.method} {call.path}", "too late", took_s=MOST_S)


def _after(owner: Owner) -> list[After]:
    """What is to be said and done in the end, less what was never made."""
    never = owner.deployment.dialect.wire.kept - set(owner.person.values)
    return [
        one
        for one in owner.deployment.dialect.data.after
        if not never & placeholders([one.path if one.message is None else one.message, one.body])
    ]


async def _let_go(connection: Connection, within_s: float) -> str:
    """Wait for the answer to the last message: why there is none; empty if there is."""
    over = asyncio.create_task(connection.closed_within(within_s))
    answer = asyncio.create_task(connection.let_go.wait())
    await asyncio.wait((over, answer), return_when=asyncio.FIRST_COMPLETED)
    over.cancel()
    answer.cancel()
    if connection.let_go.is_set():
        connection.let_go.clear()
        return ""
    return f"no answer in {within_s:g} s" if connection.is_open else "the connection was ended"


async def _make(owner: Owner, call: Call, when: str) -> bool:
    deployment, person = owner.deployment, owner.person
    request = person.request(call)
    await deployment.safety.auth_call()
    within_s = deployment.environment.patience.connect_s
    http, method, path, body = deployment.chat_http, request.method, request.path, request.body
    signature = deployment.dialect.wire.signature
    headers = signed(signature, method, http.base + path, request.headers, body, person.values)
    answer = await asyncio.to_thread(http.call, method, path, body, headers, within_s)
    problem = "" if call.succeeded(answer.status) else _refusal(answer)
    if not problem and call.capture and answer.body is None:
        problem = "the answer is " + ("HTML, not JSON" if "<" in answer.text[:9] else "no JSON")
    found = {name: (text, compiled(text)(answer.body)) for name, text in call.capture.items()}
    for name, cookie in call.cookies.items():
        found[name] = (f"cookie {cookie}", answer.cookies.get(cookie))
    for name, (text, value) in found.items():
        if value is MISSING or value in (None, ""):
            problem = problem or f"the answer has no {text!r} to keep as {{{name}}}"
        else:
            person.values[name] = value
            if name in call.cookies or SECRET.search(name):
                owner.journal.redactor.add_secret(str(value), name)
    what = f"{request.method} {request.path}"
    _record(owner, when, what, problem, status=answer.status, took_s=answer.took_ms / 1000)
    return not problem


def _record(
    owner: Owner, when: str, call: str, problem: str, *, took_s: float, status: int | None = None
) -> None:
    owner.journal.record(
        records.PreludeCall,
        user=owner.key,
        when=when,
        call=call,
        status=status,
        ok=not problem,
        detail=problem,
        took_ms=took_s * 1000,
    )


def _refusal(answer: Answer) -> str:
    if answer.status is None:
        return answer.detail
    redirects = 300 <= answer.status < 400
    return f"HTTP {answer.status}" + (", a redirect, and none is followed" if redirects else "")
