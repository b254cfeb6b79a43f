"""Connection attempts by pages of other sites."""

from behave import when

from support.attacks.handshake import connect_from_site
from support.client import User


@when("{attacker:User} tries to connect from {origin:Origin} with {user:User}'s token")
async def tries_origin(context, attacker: User, origin: str, user: User):
    await connect_from_site(attacker, user, origin)
