"""How connections to the service are encrypted."""

from behave import then, when

from support.run.tls_weaknesses import TlsWeakness


@when("the TLS of the service is inspected")
async def tls_inspected(context):
    await context.session.probes.tls()


@then("the inspection finds no {weakness:TlsWeakness}")
def free_of(context, weakness: TlsWeakness):
    context.session.verify(weakness.absent(context.session.environment.policy))
