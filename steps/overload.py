"""Those who ask too much of the service: bombs, floods, answers left unread."""

from functools import partial

from behave import then, when

from support.checks import (
    answers_not_slowed,
    flood_disconnected,
    flood_limited,
    memory_bounded,
    memory_flat,
    not_slowed,
    slow_reader_disconnected,
)
from support.client import User, announced, group
from support.cost import costs


@when("{user:User} three times sends a small message that swells a thousandfold")
async def sends_bombs(context, user: User):
    await context.session.probes.watched(user.mischief.sends_bombs(3))


@when("{user:User} floods the service while {other:User} keeps checking the line")
async def floods(context, user: User, other: User):
    await other.line.probe(15)
    await context.session.probes.watched(user.mischief.floods(other.line.probe(24, spread=True)))


@when(
    "{user:User}'s first device reads nothing of many long answers,"
    " while {other:User} keeps talking"
)
@costs(30)
async def reads_nothing(context, user: User, other: User):
    await user.mischief.reads_much(partial(group.talk, other, 15))
    await context.session.probes.watched(
        user.mischief.reads_nothing(partial(group.talk, other, 24))
    )


@then("{user:User} is let through no more often than announced")
def flood_is_limited(context, user: User):
    per_s, rules = announced(user, context.session.deployment)
    context.session.verify(flood_limited(user.key, per_s, rules.burst_s, tuple(rules.rejected)))


@then("{user:User} is cut off only for going on and on")
def flood_is_cut(context, user: User):
    _, rules = announced(user, context.session.deployment)
    rejected, codes = tuple(rules.rejected), tuple(rules.close)
    context.session.verify(flood_disconnected(user.key, rules.in_a_row, rejected, codes))


@then("meanwhile 95 of 100 pings of {user:User} were answered within {limit:Seconds}")
def pings_not_slowed(context, user: User, limit: float):
    other = next(person for person in context.session.people if person is not user)
    context.session.verify(not_slowed(user.key, other.key, limit))


@then("{user:User} waited at most {more:Seconds} longer for an answer than before")
def answers_not_slower(context, user: User, more: float):
    other = next(person for person in context.session.people if person is not user)
    context.session.verify(answers_not_slowed(user.key, other.key, more))


@then("{user:User}'s first device is disconnected for what waits unread")
def disconnected_for_unread(context, user: User):
    data = context.session.deployment.dialect.data
    closes = tuple(data.unread.close), tuple(data.closing.silent)
    context.session.verify(slow_reader_disconnected(user.key, data.unread.bytes, *closes))


@then("the service's memory has stayed flat")
def memory_stayed_flat(context):
    context.session.verify(memory_flat(context.session.environment.policy.bomb_growth_mb))


@then("the service's memory has grown by no more than what {user:User} left unread explains")
def memory_explained(context, user: User):
    spare_mb = context.session.environment.policy.unread_growth_mb
    context.session.verify(memory_bounded(user.key, spare_mb))
