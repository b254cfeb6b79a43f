"""Coming back where it is hard: in the middle of anything, to odd places, twice, after a crash."""

from behave import given, then, when

from support.checks import (
    accepted_runs_ended,
    admitted,
    answered_in_outage,
    cut_off_again,
    handshake_refused,
    let_in_meanwhile,
    missed_events_replayed,
    outage_reported,
    recovered_from_outage,
    refreshed,
    resume_refused,
    runs_survived_restart,
    same_replay,
    sign_in_recovers,
    stream_complete,
    was_disconnected,
)
from support.client import User, group
from support.client.resume_positions import questions_to_outlive
from support.cost import costs
from support.faults import breaks_during


@given("{user:User} is chatting, and will lose the connection right after {event:AgentEvent}")
async def will_lose_connection(context, user: User, event: str):
    await user.connect()
    context.session.verify(admitted(user.key))
    user.cut_after(event)


@given("{user:User} is chatting over a network that breaks in the middle of {event:AgentEvent}")
async def network_will_break(context, user: User, event: str):
    network = await context.session.network(reads_messages=True)
    await user.connect(via=(network.host, network.port))
    context.session.verify(admitted(user.key))
    network.add(breaks_during(event, context.session.deployment.dialect))


@when("{user:User} and {other:User} ask a question that takes a moment")
@costs(2, in_turn=1)
async def ask_briefly_together(context, user: User, other: User):
    await user.ask("brief")
    await other.ask("brief")


@when("{user:User} is cut off right after {event:AgentEvent}, and {other:User} in the middle of it")
async def both_are_cut_off(context, user: User, event: str, other: User):
    for person in (user, other):
        await person.until(lambda person=person: person.online is None, "the cut")
    context.session.verify(was_disconnected(user.key, event, "right after"))
    context.session.verify(was_disconnected(other.key, event, "in"))


@when("{user:User} reconnects over a network that breaks in the middle of {event:AgentEvent}")
async def reconnects_and_is_cut(context, user: User, event: str):
    network = await context.session.network(reads_messages=True)
    network.add(breaks_during(event, context.session.deployment.dialect))
    await user.reconnect(via=(network.host, network.port))
    await user.until(lambda: user.online is None, "the cut")
    context.session.verify(cut_off_again(user.key, event))


@when("{user:User} comes back to {place:Place}")
@costs(questions_to_outlive)
async def comes_back_to(context, user: User, place: str):
    await user.claim(place)


@when("{user:User} comes back on another device, from the same place")
async def comes_back_elsewhere(context, user: User):
    await group.settle([user])
    await user.connect(since=user.came_back_from)


@when("{user:User} tries to come back with {flaw:Flaw}")
async def tries_to_come_back(context, user: User, flaw: str):
    await user.gone()
    await user.door.prove_forgery(flaw)
    await user.door.break_in(user, flaw)


@then("{user:User} is turned away, and sees nothing")
def is_turned_away(context, user: User):
    context.session.verify(handshake_refused(user.key, [user.key]))


@when("both devices of {user:User} lose the connection after {event:AgentEvent}")
async def both_devices_lose(context, user: User, event: str):
    await user.current_run.reaches(event)
    user.cut()
    await user.gone()


@when("{user:User} comes back on both devices at the same moment")
async def both_devices_come_back(context, user: User):
    await group.reconnect([user, user])


@when("the service crashes and is started again")
async def crashes(context):
    await group.accepted(context.session.people)
    await context.session.control.restart("kill")


@when("the store of the service is taken away")
async def store_taken_away(context):
    await group.accepted(context.session.people)
    await context.session.control.switch("stop", "store")


@when("the answer to {user:User} is due")
async def answer_is_due(context, user: User):
    await user.current_run.finished(within_s=1.0)


@when("the store of the service is given back")
async def store_given_back(context):
    await context.session.control.switch("start", "store")


@then("nobody's story has a gap, anything twice or anything out of order")
async def all_stories_whole(context):
    await group.settle(context.session.people)
    context.session.verify_each(lambda person: stream_complete(person.key))


@then("{user:User} was told that {place:Place} cannot be had, and saw nothing but what is new")
async def told_place_lost(context, user: User, place: str):
    await user.line.fence()
    reasons = context.session.deployment.dialect.data.not_recovered[place]
    context.session.verify(resume_refused(user.key, reasons))


@then("both times {user:User} was shown the same")
async def shown_the_same(context, user: User):
    await group.settle([user])
    context.session.verify(same_replay(user.key))


@then("both devices of {user:User} were told exactly what was missed, and then saw the rest live")
def both_devices_told(context, user: User):
    context.session.verify(missed_events_replayed(user.key, then_live=True, devices=2))


@then("everything that had been accepted has come to an end")
async def accepted_came_to_an_end(context):
    await group.settle(context.session.people)
    context.session.verify(accepted_runs_ended([person.key for person in context.session.people]))


@then("within {limit:Seconds} the service admits that it is not well")
async def admits_trouble(context, limit: float):
    await context.session.probes.health_becomes(False, limit)
    context.session.verify(outage_reported("store", limit))


@then("within {limit:Seconds} {user:User} has an answer, or an error that says why not")
async def has_answer_or_error(context, limit: float, user: User):
    run = user.current_run
    await user.until(lambda: run.rejected is not None or run.ended, "an answer or an error", limit)
    context.session.verify(answered_in_outage(user.key, "store", limit))


@then("within {limit:Seconds} the service is well again")
async def well_again(context, limit: float):
    await context.session.probes.health_becomes(True, limit)
    context.session.verify(recovered_from_outage("store", limit))


@then("no run of {user:User}'s was lost in the outage")
async def no_run_lost_in_outage(context, user: User):
    await group.settle([user])
    context.session.verify(runs_survived_restart([user.key], "store"))


@when("the sign-in service is taken away")
async def sign_in_taken_away(context):
    await context.session.control.switch("stop", "auth")


@when("the sign-in service is given back")
async def sign_in_given_back(context):
    await context.session.control.switch("start", "auth")
    await context.session.control.reachable()


@when("{user:User} tries to sign in")
async def tries_to_sign_in(context, user: User):
    await user.sign_in()


@then("{user:User} was told within {limit:Seconds} that nobody can sign in, and can sign in now")
def can_sign_in_again(context, user: User, limit: float):
    context.session.verify(sign_in_recovers(user.key, limit))


@then("{user:User} was let in meanwhile, and holds another token of her own")
def is_let_in_meanwhile(context, user: User):
    context.session.verify(let_in_meanwhile(user.key, "auth"))
    context.session.verify(refreshed(user.key))
