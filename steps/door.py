"""What goes on at the door: wrong handshakes, endless ones, and too many devices."""

from behave import then, when

from support.checks import connected_meanwhile, connection_cap_enforced, unfinished_handshakes_cut
from support.client import User


@when("a visitor knocks with {user:User}'s token and {flaw:HandshakeFlaw}")
async def visitor_knocks_wrongly(context, user: User, flaw: str):
    await context.session.person("Visitor").handshakes.knock_wrongly(user.credentials.access, flaw)


@when("{user:User} comes with as many devices as allowed, and one more")
async def comes_with_too_many(context, user: User):
    await user.handshakes.fill()


@when("{user:User} leaves with one device and comes with another")
async def changes_devices(context, user: User):
    await user.handshakes.make_room()


@then("{user:User} had all the room that was announced, and no more")
def had_all_the_room(context, user: User):
    context.session.verify(connection_cap_enforced(user.key, user.handshakes.room()))


@when("{user:User} begins twenty handshakes and finishes none")
async def begins_handshakes(context, user: User):
    await user.handshakes.begin(20)


@then("{user:User} was let in while {other:User}'s handshakes were unfinished")
async def let_in_meanwhile(context, user: User, other: User):
    await other.handshakes.give_up()
    context.session.verify(connected_meanwhile(user.key, other.key, 20))


@then("{user:User}'s handshakes are cut within the deadline of this environment")
async def handshakes_cut(context, user: User):
    deadline_s = context.session.environment.handshake_cut_within_s
    await user.handshakes.cut_within(deadline_s)
    context.session.verify(unfinished_handshakes_cut(user.key, deadline_s))
