"""Latency, throughput, memory and trend."""

from behave import then, when

from support.checks import (
    connected_within,
    event_times_true,
    every_type_within,
    first_sign_within,
    memory_levels_off,
    signed_in_within,
    steady,
    throughput_at_least,
)
from support.client import User, group
from support.run.cost import costs
from support.run.probes import whole_rounds


@when("{users:Group} connect and disconnect over and over")
async def connect_over_and_over(context, users: list[User]):
    await group.come_and_go(users, context.session.environment.sizes.connects, cleanly=True)


@when("everyone chats for a long time")
@costs(
    lambda e, people, _: whole_rounds(e.sizes.long_runs) * people,
    in_turn=lambda e, *_: whole_rounds(e.sizes.long_runs),
)
async def chats_for_long(context):
    runs = context.session.environment.sizes.long_runs
    await context.session.probes.long_conversation(context.session.people, runs)


@then("the {figure:Figure} event latency is within the limit of this environment")
def event_latency(context, figure: str):
    context.session.verify(context.session.latency(figure))


@then("the first event of an answer arrives within {limit:Duration}")
def first_event(context, limit: float):
    context.session.verify(first_sign_within(limit, at_least=context.session.questions_asked))


@then("every type of event arrives within {limit:Duration} of the event before it")
def every_type(context, limit: float):
    context.session.verify(every_type_within(limit, at_least=context.session.questions_asked))


@then("event timestamps agree with the clock of the service")
async def times_agree(context):
    await group.fence(context.session.people)
    context.session.verify(event_times_true(context.session.journal.wall))


@then("95 of 100 connections are established within {limit:Duration}")
def connections_quick(context, limit: float):
    visits = context.session.environment.sizes.connects
    context.session.verify(connected_within(limit, at_least=visits))


@then("95 of 100 sign-ins succeed within {limit:Duration}")
def sign_ins_quick(context, limit: float):
    people = len(context.session.people)
    context.session.verify(signed_in_within(limit, at_least=people))


@then("at least as many questions a second are answered as this environment requires")
def enough_answered(context):
    floor_per_s = context.session.environment.policy.throughput_per_s
    asked = context.session.questions_asked
    context.session.verify(throughput_at_least(floor_per_s, at_least=asked))


@then("no latency rises by more than half, or {least:Duration}, over the conversation")
def no_latency_rises(context, least: float):
    context.session.verify(steady(context.session.journal.wall, 0.5, least * 1000))


@then("1,000 more runs would cost the service no more memory than this environment allows")
def memory_is_level(context):
    limit_mb = context.session.environment.policy.memory_per_1000_runs_mb
    context.session.verify(memory_levels_off(limit_mb))
