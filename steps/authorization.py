"""Attempts to reach what belongs to another user."""

from behave import then, when

from support.attacks import authorization
from support.checks import acted_as_self_only, existence_not_revealed, same_conversation
from support.client import User
from support.run.cost import costs


@when("{user:User} claims to be {victim:User} in every field that can name a user")
@costs(5)
async def claims_to_be(context, user: User, victim: User):
    await authorization.claim_to_be(user, victim)


@when("{user:User} tries to cancel every run of {victim:User}")
async def cancels_runs(context, user: User, victim: User):
    await authorization.cancel_runs_of(user, victim)


@when("{user:User} tries to cancel the runs with the ids next to their own")
async def cancels_neighbouring_runs(context, user: User):
    await authorization.cancel_neighbours(user)


@when("{user:User} writes into {victim:User}'s conversation")
@costs(8)
async def writes_into(context, user: User, victim: User):
    await victim.finished()
    await authorization.write_into_conversation_of(user, victim)


@when("{user:User} tries to resume {victim:User}'s stream")
async def resumes_stream(context, user: User, victim: User):
    await authorization.resume_stream_of(user, victim)


@when("{user:User} asks a question with the request id of {victim:User}'s")
@costs()
async def same_request_id(context, user: User, victim: User):
    await user.ask("plain", request_id=victim.current_run.request_id)


@then("{user:User} has acted as themselves alone, never as {victim:User}")
async def acted_as_themselves(context, user: User, victim: User):
    await victim.finished()
    await victim.liveness.fence()
    context.session.verify(acted_as_self_only(user.key, victim.key))


@then("{user:User} gets the same responses as for a {resource:Resource} that does not exist")
def same_responses(context, user: User, resource: str):
    codes = tuple(context.session.deployment.dialect.data.codes.get("absent", []))
    context.session.verify(existence_not_revealed(user.key, resource, codes))


@then("{user:User} is still in the same conversation")
def still_in_conversation(context, user: User):
    context.session.verify(same_conversation(user.key))
