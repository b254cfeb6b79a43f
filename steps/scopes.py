"""What a token's scope allows: to read, to chat, to make announcements."""

from behave import given, then, when

from support.attacks import scopes
from support.checks import (
    admitted,
    forbidden_by_scope,
    reader_received_all,
)
from support.client import User


@given("{reader:User} is connected with a read-only token of {owner:User}'s")
async def connected_read_only(context, reader: User, owner: User):
    scopes.become_reader(reader, owner)
    await reader.connect()
    context.session.verify(admitted(reader.key))


@when("{reader:User} tries to ask a question and to cancel {owner:User}'s run")
async def tries_to_write(context, reader: User, owner: User):
    await scopes.ask_and_cancel(reader, owner)


@when("{user:User} tries to make announcements")
async def tries_to_announce(context, user: User):
    await scopes.announce(user)


@then("{reader:User} is told that this is forbidden")
def told_forbidden(context, reader: User):
    codes = context.session.deployment.dialect.rejects("forbidden")
    context.session.verify(forbidden_by_scope(reader.key, codes))


@then("{reader:User} has received {owner:User}'s answer")
async def has_read_along(context, reader: User, owner: User):
    await owner.finished()
    await reader.level(owner)
    await reader.liveness.fence()
    context.session.verify(reader_received_all(reader.key, owner.key))
