"""How connections to the service are encrypted."""

from behave import then, when

from support.checks import (
    certificate_lasts,
    certificate_trusted,
    no_outdated_encryption,
    no_plaintext_service,
)


@when("the TLS of the service is inspected")
async def tls_inspected(context):
    await context.session.probes.tls()


@then("every certificate is one that browsers trust")
def certificate_is_trusted(context):
    context.session.verify(certificate_trusted())


@then("every certificate is valid for as long as this environment requires, usually 14 days")
def certificate_does_last(context):
    days = context.session.environment.policy.certificate_days
    context.session.verify(certificate_lasts(days))


@then("no outdated version of TLS is accepted")
def no_outdated_tls(context):
    context.session.verify(no_outdated_encryption())


@then("nobody is served without TLS")
def nobody_served_without_tls(context):
    context.session.verify(no_plaintext_service())
