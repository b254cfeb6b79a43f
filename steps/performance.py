"""Latency, throughput, memory and trend."""

from behave import then, when

from support.checks import event_times_true, steady
from support.checks.drift import LEAST_FOR_DRIFT
from support.client import group
from support.config import smaller_than
from support.run.cost import costs
from support.run.figures import Figure, Operation
from support.run.probes import whole_rounds


@when("everyone chats for a long time")
@costs(
    lambda e, people, _: whole_rounds(e.sizes.long_runs) * people,
    in_turn=lambda e, *_: whole_rounds(e.sizes.long_runs),
)
async def chats_for_long(context):
    runs = context.session.environment.sizes.long_runs
    await context.session.probes.long_conversation(context.session.people, runs)


@then("the {figure:Figure} is within the limit of this environment")
def within_limit(context, figure: Figure):
    context.session.verify(figure.check(context.session))


@then("{share:d} of 100 {operation:Operation} take at most {limit:Duration}")
async def take_at_most(context, share: int, operation: Operation, limit: float):
    context.session.verify(await operation.check(context.session, limit, share / 100))


@then("event timestamps agree with the clock of the service")
async def times_agree(context):
    await group.fence(context.session.people)
    context.session.verify(event_times_true(context.session.journal.wall))


@then("no latency rises by more than half, or {least:Duration}, over the conversation")
def no_latency_rises(context, least: float):
    session = context.session
    asked = whole_rounds(session.environment.sizes.long_runs) * len(session.people)
    smaller = smaller_than("long_runs", asked, LEAST_FOR_DRIFT) if session.people else None
    session.verify(steady(session.journal.wall, 0.5, least * 1000), smaller=smaller)
