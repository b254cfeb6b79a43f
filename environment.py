"""behave hooks. The run itself — gate or rehearsal, verdict, report — is in support/runner.py."""

import allure

from support.report.transcript import transcript


def before_scenario(context, scenario):
    context.session.begin(scenario)


def after_scenario(context, scenario):
    try:
        context.session.end(scenario)
    finally:
        story = transcript(context.session.journal.history().records)
        allure.attach(story, "What happened, line by line", allure.attachment_type.TEXT)
