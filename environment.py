"""behave hooks. The run itself — gate or rehearsal, verdict, report — is in support/run/."""

from contextlib import suppress

import allure

from support.run.start import demand_own_runner

demand_own_runner()


def before_scenario(context, scenario):
    context.session.begin(scenario)


def after_scenario(context, scenario):
    try:
        context.session.end(scenario)
    finally:
        text, svg = allure.attachment_type.TEXT, allure.attachment_type.SVG
        with suppress(OSError):  # a full disk is the run's affair, not the scenario's
            allure.attach(context.session.story(), "What happened, line by line", text)
            if picture := context.session.picture():
                allure.attach(picture, "What happened, as a picture", svg)
