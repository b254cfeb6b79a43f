"""How fast it is."""

from behave import then, when

from support.checks import first_sign_within
from support.client import crowd


@when("each of them sends message after message")
async def message_after_message(context):
    runs = context.session.environment.sizes.load_runs
    await crowd.fence(context.session.people)
    await crowd.ask(context.session.people, questions=runs)
    await crowd.fence(context.session.people)


@then("events arrive on average as promptly as promised")
def average_latency(context):
    context.session.verify(context.session.promised("average"))


@then("95 of 100 events arrive as promptly as promised")
def p95_latency(context):
    context.session.verify(context.session.promised("p95"))


@then("99 of 100 events arrive as promptly as promised")
def p99_latency(context):
    context.session.verify(context.session.promised("p99"))


@then("the first sign of an answer comes within {limit:Seconds}")
def first_sign(context, limit: float):
    asked = sum(len(person.runs) for person in context.session.people)
    scaled = limit * context.session.environment.patience.scale
    context.session.verify(first_sign_within(scaled, at_least=asked))
