"""Accounts and tokens: signing in, refreshing, and what happens when a token ends."""

from behave import given, then, when

from support.checks import (
    admitted,
    closed_at_token_expiry,
    has_account,
    refreshed,
    sign_in_still_works,
    token_never_echoed,
    tokens_denied,
)
from support.client import User
from support.cost import costs


@given("{user:User} and {other:User} have accounts")
async def have_accounts(context, user: User, other: User):
    for person in (user, other):
        await person.sign_in()
        context.session.verify(has_account(person.key))


@given("{user:User} has an account")
async def has_an_account(context, user: User):
    await user.sign_in()
    context.session.verify(has_account(user.key))


@given("{user:User} is chatting with a token that is about to end")
async def token_about_to_end(context, user: User):
    await user.connect()
    await user.leave()
    await user.account.end_soon()
    await user.reconnect()
    context.session.verify(admitted(user.key))


@given("{user:User} asks a question whose answer takes longer than that")
@costs()
async def asks_slowest(context, user: User):
    await user.ask("slowest")
    await user.current_run.reaches("agent_started")


@when("{user:User}'s token ends")
async def token_ends(context, user: User):
    await user.account.outlive_token()


@when("{user:User} gets a new token and reconnects")
async def renews_and_reconnects(context, user: User):
    await user.account.renew()
    await user.reconnect()


@then("{user:User} was shown out in time, and nothing reached her after her token had ended")
async def shown_out(context, user: User):
    await user.current_run.finished()
    rules = context.session.deployment.dialect.data.closing
    wall = context.session.journal.wall
    codes = tuple(rules.expired)
    check = closed_at_token_expiry(user.key, wall, codes, rules.expired_within_s)
    context.session.verify(check)


@when("{user:User} refreshes her token")
async def refreshes(context, user: User):
    await user.account.refresh()


@then("{user:User} holds another token of her own")
def holds_another(context, user: User):
    context.session.verify(refreshed(user.key))


@when("{other:User} tries to get tokens of {user:User}'s with {attempt:Attempt}")
async def tries_to_get_tokens(context, other: User, user: User, attempt: str):
    await user.account.prove(attempt)
    await other.account.pretend(user, attempt)


@when("{other:User} signs up with {user:User}'s address and a password of his own")
async def signs_up_again(context, other: User, user: User):
    await other.account.pretend(user, "a second sign-up")


@then("{other:User} gets no tokens of {user:User}'s")
def gets_no_tokens(context, other: User, user: User):
    context.session.verify(tokens_denied(other.key, user.key))


@then("{user:User} can still sign in")
async def can_still_sign_in(context, user: User):
    await user.account.sign_in()
    context.session.verify(sign_in_still_works(user.key))


@then("no answer carried a token back")
def no_token_came_back(context):
    context.session.verify(token_never_echoed())
