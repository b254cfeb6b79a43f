"""Users on a bad network: what their apps do, and what they receive in the end."""

from behave import then, when

from support.checks import (
    complete_in_the_end,
    network_faults_fired,
    reconnected,
    reconnects_jittered,
    retries_succeed,
    stalled_handshake_over,
)
from support.checks.reconnect import LEAST_TOGETHER
from support.client import User, group, retry_until_complete
from support.client.questions import Question, amount, in_turn
from support.config import smaller_than
from support.faults import NetworkProfile
from support.run.cost import costs

SPARE_S = 0.5


@when("{user:User}'s app notices that an event is missing and reconnects")
async def reconnects_at_gap(context, user: User):
    await user.reconnect_at_gap(group.RECONNECT_S)


@when("{users:Group} repeats {question:Question} until it is answered")
@costs(amount, in_turn=in_turn)
async def repeats_until_answered(context, users: list[User], question: Question):
    await retry_until_complete(users, question, context.session.environment.chaos)
    (await context.session.network()).reset()


@when("{user:User} connects over {network:Network}, and {other:User} meanwhile")
async def connects_meanwhile(context, user: User, other: User, network: NetworkProfile):
    proxy, faults = await context.session.network_over(network)
    limit_s = context.session.environment.patience.connect_s + SPARE_S
    await group.connect_past_stalled(user, other, proxy, faults, limit_s)


@then("{user:User}'s app has given up within the limit of this environment")
def has_given_up(context, user: User):
    limit_s = context.session.environment.patience.connect_s + SPARE_S
    context.session.verify(stalled_handshake_over(user.key, limit_s))


@then("in the end each question of {users:Group} has run once and completely")
async def complete_at_last(context, users: list[User]):
    await group.settle(users)
    await group.fence(users)
    context.session.verify_each(lambda user: complete_in_the_end(user.key, len(user.runs)), users)


@then("the network fault has fired")
async def fault_has_fired(context):
    proxy = await context.session.network()
    context.session.verify(network_faults_fired(proxy.used_faults, proxy.seed))


@then("within {limit:Duration} everyone has reconnected, at different moments")
async def everyone_has_reconnected(context, limit: float):
    people, plan = context.session.people, context.session.environment.reconnect
    await group.reconnected(people, group.RECONNECT_S)
    plan.ensure_return(context.attempts, limit)
    context.session.verify_each(lambda user: reconnected(user.key, within_s=limit))
    context.session.verify(
        reconnects_jittered([user.key for user in people], plan.pauses_s, plan.jitter),
        smaller=smaller_than("storm", len(people), LEAST_TOGETHER),
    )


@then("at least {share:d} of 100 attempts that reached the service have succeeded")
def attempts_succeeded(context, share: int):
    people = [person.key for person in context.session.people]
    context.session.verify(retries_succeed(people, share / 100, at_least=len(people)))
