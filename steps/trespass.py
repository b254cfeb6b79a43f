"""Who reaches for what is somebody else's."""

from behave import given, then, when

from support.checks import acted_as_self_only, existence_not_revealed, same_conversation
from support.client import User
from support.cost import costs


@when("{user:User} says everything in {victim:User}'s name, wherever one could claim it")
@costs(5)
async def claims_to_be(context, user: User, victim: User):
    await user.trespass.claim_to_be(victim)


@when("{user:User} tries to cancel what {victim:User} has asked")
async def cancels_others_runs(context, user: User, victim: User):
    await user.trespass.cancel_runs_of(victim)


@when("{user:User} tries to cancel the runs next to their own")
async def cancels_neighbours(context, user: User):
    await user.trespass.cancel_neighbours()


@when("{user:User} writes into the conversation of {victim:User}")
@costs(8)
async def writes_into(context, user: User, victim: User):
    await user.trespass.write_into_conversation_of(victim)


@when("{user:User} asks to be sent what {victim:User} has seen")
async def catches_up_on(context, user: User, victim: User):
    await user.trespass.catch_up_on(victim)


@when("{user:User} sends a request by the very name of {victim:User}'s")
@costs()
async def same_request(context, user: User, victim: User):
    await user.ask("plain", request_id=victim.current_run.request_id)


@given("{user:User} asks another question, right after")
@costs()
async def asks_right_after(context, user: User):
    await user.ask("slow")


@when("{user:User} goes on with the conversation and gets the answer")
@costs()
async def goes_on(context, user: User):
    await user.ask("recall", thread=user.current_run.thread_id)
    await user.current_run.finished()


@then("{user:User} has acted in their own name alone, never in {victim:User}'s")
async def own_name(context, user: User, victim: User):
    await victim.current_run.finished()
    await victim.line.fence()
    context.session.verify(acted_as_self_only(user.key, victim.key))


@then("to {user:User} they look like runs that do not exist")
def runs_look_absent(context, user: User):
    codes = tuple(context.session.deployment.dialect.data.codes.get("absent", []))
    context.session.verify(existence_not_revealed(user.key, "run", codes))


@then("to {user:User} it looks like a {what:Resource} that does not exist")
def looks_absent(context, user: User, what: str):
    context.session.verify(existence_not_revealed(user.key, what))


@then("{user:User} is still in the same conversation")
def still_in_conversation(context, user: User):
    context.session.verify(same_conversation(user.key))
