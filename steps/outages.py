"""What users are told while a part of the service is down."""

from behave import then, when

from support.checks import (
    answered_in_outage,
    let_in_meanwhile,
    sign_in_recovers,
)
from support.client import User
from support.deployment.control import Part
from support.run.health_reports import HealthReport


@when("{user:User}'s answer is due")
async def answer_is_due(context, user: User):
    await user.finished(within_s=1.0)


@then("within {limit:Duration} the service reports {report:HealthReport} of {part:ServicePart}")
async def health_reports(context, limit: float, report: HealthReport, part: Part):
    context.session.verify(await report.check(context.session, part, limit))


@then("within {limit:Duration} {user:User} has received an answer, or an error that says why not")
async def has_answer_or_error(context, limit: float, user: User):
    run = user.current_run
    await user.until(lambda: run.rejected is not None or run.ended, "an answer or an error", limit)
    context.session.verify(answered_in_outage(user.key, "store", limit))


@then("{user:User} was told within {limit:Duration} that sign-in was down, and can sign in now")
def can_sign_in_again(context, user: User, limit: float):
    context.session.verify(sign_in_recovers(user.key, limit))


@then("{user:User} could connect while {part:ServicePart} was down")
def could_connect(context, user: User, part: Part):
    context.session.verify(let_in_meanwhile(user.key, part))
