"""What users are told while a part of the service is down."""

from behave import then, when

from support.checks import (
    answered_in_outage,
    let_in_meanwhile,
    outage_reported,
    recovered_from_outage,
    sign_in_recovers,
)
from support.client import User


@when("{user:User}'s answer is due")
async def answer_is_due(context, user: User):
    await user.finished(within_s=1.0)


@when("{user:User} tries to sign in")
async def tries_to_sign_in(context, user: User):
    await user.sign_in()


@then("within {limit:Duration} the service reports an outage of {part:ServicePart}")
async def reports_outage(context, limit: float, part: str):
    await context.session.probes.health_becomes(False, limit)
    context.session.verify(outage_reported(part, limit))


@then("within {limit:Duration} {user:User} has received an answer, or an error that says why not")
async def has_answer_or_error(context, limit: float, user: User):
    run = user.current_run
    await user.until(lambda: run.rejected is not None or run.ended, "an answer or an error", limit)
    context.session.verify(answered_in_outage(user.key, "store", limit))


@then("within {limit:Duration} the service has recovered from the outage of {part:ServicePart}")
def has_recovered(context, limit: float, part: str):
    context.session.verify(recovered_from_outage(part, limit))


@then("{user:User} was told within {limit:Duration} that sign-in was down, and can sign in now")
def can_sign_in_again(context, user: User, limit: float):
    context.session.verify(sign_in_recovers(user.key, limit))


@then("{user:User} could connect while {part:ServicePart} was down")
def could_connect(context, user: User, part: str):
    context.session.verify(let_in_meanwhile(user.key, part))
