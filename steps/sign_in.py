"""Tokens that expire and are refreshed, and attempts to get another user's tokens."""

from behave import then, when

from support.attacks import sign_in
from support.checks import (
    closed_at_token_expiry,
    only_expired_ends,
    refreshed,
    sign_in_still_works,
    tokens_denied,
)
from support.client import User


@when("{user:User} gets a new token and reconnects")
async def renews_and_reconnects(context, user: User):
    await user.account.renew()
    await user.reconnect()


@then("{user:User} was disconnected when the token expired, and received nothing after that")
async def disconnected_at_expiry(context, user: User):
    await user.finished()
    dialect, wall = context.session.deployment.dialect, context.session.journal.wall
    context.session.verify(closed_at_token_expiry(user.key, wall, dialect.expired_within_s))


@then("of {user:User}'s connections, only the one with the expired token ends")
async def only_expired_connection_ends(context, user: User):
    await user.finished()
    await user.liveness.fence()
    context.session.verify(only_expired_ends(user.key))


@when("{user:User} refreshes the token")
async def refreshes(context, user: User):
    await user.account.refresh()


@then(
    "{user:User} has a new token of their own that allows no more,"
    " valid for at least as long as announced"
)
def has_new_token(context, user: User):
    context.session.verify(refreshed(user.key))


@when("{attacker:User} tries to get {user:User}'s tokens with {attempt:SignInAttempt}")
async def tries_to_get_tokens(context, attacker: User, user: User, attempt: str):
    await sign_in.prove(user, attempt)
    await sign_in.pretend(attacker, user, attempt)


@then("{attacker:User} gets none of {user:User}'s tokens")
def gets_no_tokens(context, attacker: User, user: User):
    context.session.verify(tokens_denied(attacker.key, user.key))


@then("{user:User} can sign in")
async def can_sign_in(context, user: User):
    await user.account.sign_in()
    context.session.verify(sign_in_still_works(user.key))
