"""Apps that reconnect by themselves: pauses, circuit breaker, queue, pool."""

from behave import given, then, when

from support.attacks.tokens import hold_flawed_token
from support.checks import (
    backed_off,
    breaker_closed,
    breaker_opened,
    events_shown_once,
    failed_fast,
    no_retry_after_refusal,
    pool_keeps_users_apart,
    reconnect_gave_up,
    reconnected,
    state_survived_reconnect,
)
from support.client import User, group
from support.client.reconnect import acquire, release


@given("{user:User}'s token is no longer valid")
def token_no_longer_valid(context, user: User):
    hold_flawed_token(user, "a garbled token")


@when("{user:User}'s app tries to reconnect at once")
async def tries_at_once(context, user: User):
    await user.auto_reconnect.attempt_now()


@when("{user:User} returns the connection to the pool")
async def returns_to_pool(context, user: User):
    await release(user, context.session.pool)


@when("{user:User} takes a connection from the pool")
async def takes_from_pool(context, user: User):
    await acquire(user, context.session.pool)


@then("{user:User}'s app has reconnected within {limit:Duration}, with growing pauses")
def reconnected_with_pauses(context, limit: float, user: User):
    plan = context.session.environment.reconnect
    context.session.verify(backed_off(user.key, plan.pauses_s, plan.jitter))
    plan.ensure_return(context.attempts, limit)
    context.session.verify(reconnected(user.key, at_least=2, within_s=limit))


@then("{user:User}'s app has given up after {count:d} attempts, with growing pauses")
def given_up_after(context, user: User, count: int):
    plan = context.session.environment.reconnect
    plan.ensure_pauses(count, group.RECONNECT_S)
    context.session.verify(backed_off(user.key, plan.pauses_s, plan.jitter))
    context.session.verify(reconnect_gave_up(user.key, count))


@then("{user:User}'s app is refused and does not retry")
def does_not_retry(context, user: User):
    context.session.verify(no_retry_after_refusal(user.key))


@then("{user:User}'s circuit breaker opened after {count:d} failures and stopped the next attempt")
def breaker_has_opened(context, user: User, count: int):
    plan = context.session.environment.reconnect
    plan.ensure_pauses(count, group.RECONNECT_S)
    context.session.verify(breaker_opened(user.key, count))
    context.session.verify(failed_fast(user.key, plan.cool_down_s * plan.scale))


@then("{user:User}'s circuit breaker let a single attempt through and closed")
def breaker_has_closed(context, user: User):
    context.session.verify(breaker_closed(user.key))


@then("{user:User}'s app shows every event once")
async def is_shown_once(context, user: User):
    await user.liveness.fence()
    context.session.verify(events_shown_once(user.key))


@then("{user:User} has continued as the same user, in the same conversation and position")
def has_continued(context, user: User):
    context.session.verify(state_survived_reconnect(user.key))


@then("{user:User} has got the pooled connection back, and {other:User} has not")
async def given_back(context, user: User, other: User):
    await user.liveness.fence()
    context.session.verify(pool_keeps_users_apart(user.key, other.key))
