"""Connection attempts by pages of other sites."""

from behave import when

from support.client import User


@when("{attacker:User} tries to connect from {origin:Origin} with {user:User}'s token")
async def tries_origin(context, attacker: User, origin: str, user: User):
    await attacker.door.break_in_from(user, origin)
