"""How fast it is."""

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
from support.client import group
from support.cost import costs
from support.run.probes import whole_rounds

VISITORS = 5


@when("each of them sends message after message")
@costs(lambda e, people, _: e.sizes.load_runs * people, in_turn=lambda e, *_: e.sizes.load_runs)
async def message_after_message(context):
    runs = context.session.environment.sizes.load_runs
    await group.fence(context.session.people)
    await group.ask(context.session.people, questions=runs)
    await group.fence(context.session.people)


@then("events arrive on average within the latency limit of this environment")
def average_latency(context):
    context.session.verify(context.session.latency("average"))


@then("95 of 100 events arrive within the latency limit of this environment")
def p95_latency(context):
    context.session.verify(context.session.latency("p95"))


@then("99 of 100 events arrive within the latency limit of this environment")
def p99_latency(context):
    context.session.verify(context.session.latency("p99"))


@then("the first sign of an answer comes within {limit:Seconds}")
def first_sign(context, limit: float):
    asked = sum(len(person.runs) for person in context.session.people)
    context.session.verify(first_sign_within(limit, at_least=asked))


@when("each of them goes on and on")
@costs(
    lambda e, people, _: whole_rounds(e.sizes.long_runs) * people,
    in_turn=lambda e, *_: whole_rounds(e.sizes.long_runs),
)
async def goes_on(context):
    runs = context.session.environment.sizes.long_runs
    await context.session.probes.long_conversation(context.session.people, runs)


@when("people come and go all the time")
@costs(0, people=VISITORS)
async def come_and_go(context):
    visits = context.session.environment.sizes.connects
    await group.come_and_go(context.session.group(VISITORS), visits, politely=True)


@then("every kind of event comes within {limit:Seconds} of what came before it")
def every_kind(context, limit: float):
    asked = sum(len(person.runs) for person in context.session.people)
    context.session.verify(every_type_within(limit, at_least=asked))


@then("the times of the events agree with the service's own clock")
async def times_agree(context):
    await group.fence(context.session.people)
    context.session.verify(event_times_true(context.session.journal.wall))


@then("95 of 100 connections are established within {limit:Seconds}")
def connections_quick(context, limit: float):
    visits = context.session.environment.sizes.connects
    context.session.verify(connected_within(limit, at_least=visits))


@then("95 of 100 people are signed in within {limit:Seconds}")
def sign_ins_quick(context, limit: float):
    context.session.verify(signed_in_within(limit, at_least=VISITORS))


@then("every second, at least as many messages are answered as this environment requires")
async def enough_answered(context):
    asked = sum(len(person.runs) for person in context.session.people)
    floor_per_s = context.session.environment.policy.throughput_per_s
    context.session.verify(throughput_at_least(floor_per_s, at_least=asked))


@then("nothing gets slower by more than half, or {least:Seconds}, as the conversation goes on")
def nothing_gets_slower(context, least: float):
    context.session.verify(steady(context.session.journal.wall, 0.5, least * 1000))


@then("1,000 more runs would cost the service no more memory than this environment allows")
def memory_is_level(context):
    limit_mb = context.session.environment.policy.memory_per_1000_runs_mb
    context.session.verify(memory_levels_off(limit_mb))
