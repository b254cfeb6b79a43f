"""What goes on at the door: wrong handshakes, endless ones, and too many devices."""

from behave import then, when

from support.checks import capped, slow_handshakes_cut
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
    context.session.verify(capped(user.key, user.handshakes.room()))


@when("{user:User} begins handshakes and never gets done with them")
async def begins_slowly(context, user: User):
    user.handshakes.begin_slowly()


@then("{user:User}'s handshakes are cut in good time")
async def handshakes_cut(context, user: User):
    await user.handshakes.given_up()
    patience = context.session.environment.patience
    context.session.verify(slow_handshakes_cut(user.key, patience.handshake_s * patience.scale))
