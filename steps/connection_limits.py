"""Invalid and unfinished handshakes, and too many connections."""

from behave import then, when

from support.checks import connected_meanwhile, connection_cap_enforced, unfinished_handshakes_cut
from support.client import User


@when("{attacker:User} sends {user:User}'s token in a handshake with {error:HandshakeError}")
async def sends_invalid_handshake(context, attacker: User, user: User, error: str):
    await attacker.handshakes.knock_wrongly(user.credentials.access, error)


@when("{user:User} opens as many connections as announced, and one more")
async def opens_too_many(context, user: User):
    await user.handshakes.fill()


@when("{user:User} closes one connection and opens another")
async def replaces_connection(context, user: User):
    await user.handshakes.make_room()


@then("{user:User} could use as many connections as announced, and no more")
def could_use_announced(context, user: User):
    context.session.verify(connection_cap_enforced(user.key, user.handshakes.room()))


@when("{user:User} starts {count:d} handshakes and finishes none")
async def starts_handshakes(context, user: User, count: int):
    await user.handshakes.begin(count)


@then("{user:User} has connected while all {count:d} handshakes of {other:User} were unfinished")
async def connected_while_unfinished(context, user: User, count: int, other: User):
    await other.handshakes.give_up()
    context.session.verify(connected_meanwhile(user.key, other.key, count))


@then("every handshake of {user:User} is closed within the deadline of this environment")
async def handshakes_closed(context, user: User):
    deadline_s = context.session.environment.handshake_cut_within_s
    await user.handshakes.cut_within(deadline_s)
    context.session.verify(unfinished_handshakes_cut(user.key, deadline_s))
