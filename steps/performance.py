"""Latency, throughput, memory and trend."""

from behave import then, when

from support.checks import event_times_true, steady
from support.checks.drift import LEAST_FOR_DRIFT
from support.client import group
from support.config import smaller_than
from support.run.cost import costs
from support.run.figures import Figure, Operation
from support.run.probes import whole_rounds
from support.run.stretches import STRETCHES, Stretch


@when("everyone chats {stretch:Stretch}")
@costs(
    lambda e, people, words: STRETCHES[words["stretch"]].questions(e) * people,
    in_turn=lambda e, _, words: STRETCHES[words["stretch"]].questions(e),
)
async def chats(context, stretch: Stretch):
    await stretch.chat(context.session)


@then("the {figure:Figure} is within the limit of this environment")
def within_limit(context, figure: Figure):
    context.session.verify(figure.check(context.session))


@then("{share:d} of 100 {operation:Operation} take at most {limit:Duration}")
async def take_at_most(context, share: int, operation: Operation, limit: float):
    attempts = getattr(context, "attempts", 0)  # that an app must make, a pause before each
    context.session.environment.reconnect.ensure_return(attempts, limit)
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
