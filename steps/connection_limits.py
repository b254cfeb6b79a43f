"""Unfinished handshakes, and too many connections."""

from behave import then, when

from support.attacks import connection_limits
from support.checks import connected_meanwhile, connection_cap_enforced, unfinished_handshakes_cut
from support.client import User, limits


@when("{user:User} opens as many connections as announced, and one more")
async def opens_too_many(context, user: User):
    await connection_limits.open_all(user)


@when("{user:User} closes one connection, loses another, and opens two")
async def replaces_connections(context, user: User):
    await connection_limits.replace_two(user)


@then("{user:User} could use as many connections as announced, and no more")
def could_use_announced(context, user: User):
    context.session.verify(connection_cap_enforced(user.key, limits.connections_per_user(user)))


@when("{user:User} starts {count:d} handshakes and finishes none")
async def starts_handshakes(context, user: User, count: int):
    context.slow_handshakes = await connection_limits.begin_handshakes(user, count)


@then("{user:User} has connected while all {count:d} handshakes of {other:User} were unfinished")
async def connected_while_unfinished(context, user: User, count: int, other: User):
    await context.slow_handshakes.give_up()
    context.session.verify(connected_meanwhile(user.key, other.key, count))


@then("every handshake of {user:User} is closed within the deadline of this environment")
async def handshakes_closed(context, user: User):
    deadline_s = context.session.environment.handshake_cut_within_s
    await context.slow_handshakes.cut_within(deadline_s)
    context.session.verify(unfinished_handshakes_cut(user.key, deadline_s))
