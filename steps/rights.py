"""Who may read, who may talk, and who may speak to everybody."""

from behave import given, then, when

from support.checks import (
    admitted,
    forbidden_by_scope,
    only_operators_announce,
    reader_received_all,
)
from support.client import User


@given("{reader:User}, another device of {owner:User}, may only read")
async def may_only_read(context, reader: User, owner: User):
    reader.rights.read_for(owner)
    await reader.connect()
    context.session.verify(admitted(reader.key))


@when("{reader:User} tries to ask something, and to stop what {owner:User} has asked")
async def tries_to_talk(context, reader: User, owner: User):
    await reader.rights.talk_and_stop(owner)


@when("a visitor tries to get in as {user:User}, with genuine tokens for something else")
async def visitor_without_rights(context, user: User):
    await context.session.person("Visitor").rights.knock_without(user)


@when("{user:User} tries to speak to everybody, and then an operator does")
async def tries_to_announce(context, user: User):
    await user.rights.announce()
    await context.session.person("Operator").rights.announce_as_operator("Tea is ready.")


@then("{reader:User} is told that this is forbidden")
def told_forbidden(context, reader: User):
    codes = tuple(context.session.deployment.dialect.data.codes.get("forbidden", []))
    context.session.verify(forbidden_by_scope(reader.key, codes))


@then("{reader:User} has seen {owner:User}'s answer")
async def has_read_along(context, reader: User, owner: User):
    await owner.current_run.finished()
    await reader.line.fence()
    context.session.verify(reader_received_all(reader.key, owner.key))


@then("{user:User} and {other:User} have heard the operator alone")
async def heard_operator_alone(context, user: User, other: User):
    for person in (user, other):
        await person.hears_announcement()
        await person.line.fence()
    context.session.verify(only_operators_announce([user.key, other.key]))
