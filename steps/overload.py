"""Clients that overload the service: compression bombs, floods, unread answers."""

from functools import partial

from behave import then, when

from support.attacks import overload
from support.checks import (
    answers_not_slowed,
    flood_disconnected,
    flood_limited,
    memory_bounded,
    memory_flat,
    not_slowed,
    slow_reader_disconnected,
)
from support.client import User, group
from support.run.cost import costs


@when("{user:User} sends {count:d} compressed messages that expand a thousandfold")
async def sends_bombs(context, user: User, count: int):
    await context.session.probes.watched(overload.send_bombs(user, count))


@when("{user:User} floods the service while {other:User} keeps pinging")
async def floods(context, user: User, other: User):
    await other.liveness.probe(15)
    await context.session.probes.watched(
        overload.flood(user, other.liveness.probe(24, spread=True))
    )


@when(
    "{user:User}'s first device stops reading while long answers arrive"
    " and {other:User} keeps chatting"
)
@costs(30)
async def stops_reading(context, user: User, other: User):
    kind = await overload.read_long_answers(user, partial(group.talk, other, 15))
    await context.session.probes.watched(
        overload.read_nothing(user, partial(group.talk, other, 24), kind)
    )


@then("{user:User} is limited as announced, and disconnected only for many rejections in a row")
def flood_is_limited(context, user: User):
    per_s, rules = overload.announced(user)
    rejected, codes = tuple(rules.rejected), tuple(rules.close)
    context.session.verify(flood_disconnected(user.key, rules.in_a_row, rejected, codes))
    context.session.verify(flood_limited(user.key, per_s, rules.burst_s, rejected))


@then(
    "while {other:User} does so,"
    " 95 of 100 pings of {user:User} are answered within {limit:Duration}"
)
def pings_not_slowed(context, other: User, user: User, limit: float):
    context.session.verify(not_slowed(user.key, other.key, limit))


@then("while {other:User} does so, {user:User} waits at most {more:Duration} longer for an answer")
def answers_not_slower(context, other: User, user: User, more: float):
    context.session.verify(answers_not_slowed(user.key, other.key, more))


@then("{user:User}'s first device is disconnected for its unread answers")
def disconnected_for_unread(context, user: User):
    data = context.session.deployment.dialect.data
    closes = tuple(data.unread.close), tuple(data.closing.silent)
    context.session.verify(slow_reader_disconnected(user.key, data.unread.bytes, *closes))


@then("the service's memory has not grown by more than this environment allows")
def memory_stayed_flat(context):
    context.session.verify(memory_flat(context.session.environment.policy.bomb_growth_mb))


@then("the service's memory has grown by no more than {user:User}'s unread answers explain")
def memory_explained(context, user: User):
    spare_mb = context.session.environment.policy.unread_growth_mb
    context.session.verify(memory_bounded(user.key, spare_mb))
