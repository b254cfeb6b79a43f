"""How the line to the service is encrypted."""

from behave import then, when

from support.checks import (
    certificate_lasts,
    certificate_trusted,
    no_outdated_encryption,
    no_plaintext_service,
)


@when("somebody looks at how the line is encrypted")
async def looks_at_encryption(context):
    await context.session.probes.certificates()


@when("somebody insists on outdated encryption")
async def insists_on_outdated(context):
    await context.session.probes.outdated_tls()


@when("somebody tries to talk without any encryption")
async def talks_in_the_open(context):
    await context.session.probes.plaintext()


@then("the certificate is one that people's browsers trust")
def certificate_is_trusted(context):
    context.session.verify(certificate_trusted())


@then("the certificate is good for as long as this environment asks, usually two weeks")
def certificate_does_last(context):
    days = context.session.environment.policy.certificate_days
    context.session.verify(certificate_lasts(days))


@then("nothing but up-to-date encryption is spoken")
def encryption_is_current(context):
    context.session.verify(no_outdated_encryption())


@then("nobody is served in the open")
def nobody_served_in_the_open(context):
    context.session.verify(no_plaintext_service())
