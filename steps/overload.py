"""Clients that overload the service: compression bombs, floods, unread answers."""

from behave import then, when

from support.attacks.loads import LOADS, Load
from support.attacks.overload import announced, lifted_within_s
from support.checks import (
    answers_not_slowed,
    flood_disconnected,
    flood_limited,
    limit_lifted,
    memory_bounded,
    not_slowed,
    refused_not_handled,
    slow_reader_disconnected,
)
from support.client import User
from support.run.cost import costs


@when("{user:User} overloads the service with {load:Load} while {other:User} keeps chatting")
@costs(lambda environment, people, words: LOADS[words["load"]].questions)
async def overloads(context, user: User, other: User, load: Load):
    overload = await load.prepare(user, other)
    await context.session.probes.watched(overload)


@then(
    "{user:User} is limited as announced, accepted again after a pause,"
    " and disconnected only for many rejections in a row"
)
def flood_is_limited(context, user: User):
    (per_s, rules), key = announced(user), user.key
    context.session.verify(flood_disconnected(key, rules.in_a_row, rules.rejected))
    context.session.verify(flood_limited(key, per_s, rules.burst_s, rules.rejected))
    context.session.verify(refused_not_handled(key))
    context.session.verify(limit_lifted(key, lifted_within_s(per_s, rules), rules.rejected))


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
    most = context.session.deployment.dialect.unread_bytes
    context.session.verify(slow_reader_disconnected(user.key, most))


@then("the service's memory has grown by no more than {user:User}'s unread answers explain")
def memory_explained(context, user: User):
    waiting = context.session.deployment.dialect.unread_bytes
    spare_mb = context.session.environment.policy.unread_growth_mb
    context.session.verify(memory_bounded(user.key, waiting, spare_mb))
