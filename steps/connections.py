"""What happens to connections: checks of the line, cuts, returns, and visitors at the door."""

from behave import then, when

from support.checks import missed_events_replayed, pings_answered
from support.client import User


@when("{user:User} keeps checking the line while the agent is at work")
async def checks_line(context, user: User):
    await user.line.check(context.session.environment.sizes.pings)


@then(
    "every ping of {user:User} was answered within the limit of this environment,"
    " 95 of 100 of those during the run within {most:Seconds}"
)
async def pings_were_answered(context, user: User, most: float):
    await user.current_run.finished()
    limit_ms = context.session.environment.policy.ping_answer_ms
    at_least = context.session.environment.sizes.pings
    context.session.verify(pings_answered(user.key, limit_ms, most, at_least))


@when("{user:User}'s connection is cut after {event:AgentEvent}")
async def connection_cut(context, user: User, event: str):
    await user.lose_connection_after(event)


@when("{user:User} reconnects")
async def reconnects(context, user: User):
    await user.reconnect()


@then("{user:User} was told exactly what was missed, and then saw the rest live")
def told_and_saw_rest(context, user: User):
    context.session.verify(missed_events_replayed(user.key, then_live=True))


@then("{user:User} was told exactly what was missed, before anything new")
def told_what_was_missed(context, user: User):
    context.session.verify(missed_events_replayed(user.key))
