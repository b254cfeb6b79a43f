"""Attempts to connect as another user."""

from behave import then, when

from support.attacks.handshake import Place
from support.attacks.means import Means
from support.checks import token_never_echoed
from support.client import User


@when("{attacker:User} tries to connect as {user:User} from {place:Place} with {means:Means}")
async def tries_to_connect(context, attacker: User, user: User, place: Place, means: Means):
    await means.attempt(attacker, user, place)


@then("no handshake response contains the client's token")
def no_response_contains_own_token(context):
    context.session.verify(token_never_echoed())
