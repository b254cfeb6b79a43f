"""The HTTP calls of a dialect around a user's connections: before the first, and in the end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Protocol

from support.client.connection import Connection
from support.deployment import Deployment
from support.deployment.http import Answer
from support.dialects import Person
from support.dialects.expressions import MISSING, compiled
from support.dialects.schema import Call
from support.journal import Journal, records

#: What is kept under such a name must not stand in any report.
SECRET = re.compile("token|secret|password|key|cookie|ticket")


class Owner(Protocol):
    """Who the calls are made for."""

    key: str
    person: Person
    deployment: Deployment
    journal: Journal

    @property
    def online(self) -> Connection | None:
        """The newest open connection."""


async def prepare(owner: Owner, scope: str) -> bool:
    """Make the calls that come before a first connection (`person`), or before each (`connection`).

    False, and recorded, when one fails; the values of its answer are kept for the user.
    """
    calls = owner.deployment.dialect.data.before
    owner.person.prepared = True
    return await _made(owner, [c for c in calls if c.scope == scope], "before")


async def say_farewell(owner: Owner) -> None:
    """Send the last messages of the dialect, as long as the user has a connection."""
    for last in owner.deployment.dialect.data.after:
        if last.message is not None and owner.online is not None:
            await owner.online.say([last.message], "farewell")


async def clear_away(owner: Owner) -> None:
    """Remove by HTTP what a user has left on the deployment, once; a failure is recorded."""
    if owner.person.prepared:
        owner.person.prepared = False
        calls = [call for call in owner.deployment.dialect.data.after if call.message is None]
        await _made(owner, calls, "after")


async def _made(owner: Owner, calls: Iterable[Call], when: str) -> bool:
    for call in calls:
        if not await _make(owner, call, when):
            return False
    return True


async def _make(owner: Owner, call: Call, when: str) -> bool:
    deployment, person = owner.deployment, owner.person
    request = person.request(call)
    await deployment.safety.auth_call()
    answer = await asyncio.to_thread(
        deployment.chat_http.call, request.method, request.path, request.body, request.headers
    )
    problem = "" if call.succeeded(answer.status) else _refusal(answer)
    if not problem and call.capture and answer.body is None:
        problem = "the answer is " + ("HTML, not JSON" if "<" in answer.text[:9] else "no JSON")
    for name, text in call.capture.items():
        value = compiled(text)(answer.body)
        if value is MISSING or value in (None, ""):
            problem = problem or f"the answer has no {text!r} to keep as {{{name}}}"
        else:
            person.values[name] = value
            if SECRET.search(name):
                owner.journal.redactor.add_secret(str(value), name)
    owner.journal.record(
        records.PreludeCall,
        user=owner.key,
        when=when,
        call=f"{request.method} {request.path}",
        status=answer.status,
        ok=not problem,
        detail=problem,
        took_ms=answer.took_ms,
    )
    return not problem


def _refusal(answer: Answer) -> str:
    if answer.status is None:
        return answer.detail
    redirects = 300 <= answer.status < 400
    return f"HTTP {answer.status}" + (", a redirect, and none is followed" if redirects else "")
