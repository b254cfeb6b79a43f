"""Frames that violate the WebSocket protocol."""

from behave import when

from support.attacks.protocol_violations import violate_protocol
from support.client import User


@when("{user:User} sends {violation:Violation}")
async def sends_violation(context, user: User, violation: str):
    await violate_protocol(user, violation)
