"""Connection attempts with a token that is not valid."""

from behave import then, when

from support.attacks.handshake import connect_with_flawed_token, prove_forgery
from support.checks import token_never_echoed
from support.client import User
from support.client.access import Access


@when("{attacker:User} tries to connect as {user:User} from {access:Access} with {token:Token}")
async def tries_token(context, attacker: User, user: User, access: Access, token: str):
    await prove_forgery(user, token, access.way)
    await connect_with_flawed_token(attacker, user, token, access.way)


@then("no response contains a token")
def no_response_contains_token(context):
    context.session.verify(token_never_echoed())
