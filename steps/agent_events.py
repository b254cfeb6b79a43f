"""The events of an agent's run, as the user sees them."""

from behave import then, when

from support.checks import (
    devices_agree,
    event_received,
    failed_without_internals,
    only_that_run_cancelled,
    results_belong,
)
from support.client import User, group


@when("{user:User} has the second question cancelled on every device, and then again")
async def has_second_cancelled(context, user: User):
    await user.cancel_on_every_device(user.runs[1])


@then("{user:User} has received {event:AgentEvent} with all its fields")
async def has_received(context, user: User, event: str):
    await user.reaches(event)
    context.session.verify(event_received(user.key, user.current_run.request_id, event))


@then("each tool result of {user:User} belongs to its call and appears in the answer")
def results_are_right(context, user: User):
    expected = context.session.deployment.dialect.tool_results("tools")
    context.session.verify(results_belong(user.key, user.current_run.request_id, expected))


@then("{user:User}'s first question has failed, without internal details")
def first_has_failed(context, user: User):
    code = context.session.failure_code
    context.session.verify(failed_without_internals(user.key, user.runs[0].request_id, code))


@then(
    "within {limit:Duration} {user:User}'s second run is cancelled, cancelling it again has no"
    " effect but the documented error, and the others are answered"
)
async def second_cancelled(context, limit: float, user: User):
    first, second, *later = [run.request_id for run in user.runs]
    await group.settle([user])
    absent = context.session.deployment.dialect.rejects("absent")
    context.session.verify(
        only_that_run_cancelled(user.key, second, [first, *later], limit, absent)
    )


@then("all devices of {user:User} have received the same events")
def devices_saw_the_same(context, user: User):
    context.session.verify(devices_agree(user.key))
