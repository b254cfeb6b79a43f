"""A job that behaves like an agent: it thinks, uses a tool, answers.

For a Dagster webserver to be tried: `dagster-webserver -f job.py`.
"""

import re
import time

from dagster import Config, Definitions, OpExecutionContext, in_process_executor, job, op


class Question(Config):
    """What is asked: the configuration of the first step."""

    text: str


@op
def think(context: OpExecutionContext, config: Question) -> str:
    """Hand the question on."""
    context.log.info("thinking about it")
    return config.text


@op
def tool(context: OpExecutionContext, question: str) -> str:
    """Take as long as the question wants, fail if it wants that, and log the answer."""
    found = re.search(r"think for (\d+) ms", question)
    time.sleep(int(found.group(1)) / 1000 if found else 0)
    if "fail" in question:
        raise RuntimeError("E_REHEARSAL")
    context.log.info("84: " + question)
    return "84"


@job(executor_def=in_process_executor)
def agent() -> None:
    """The agent."""
    tool(think())


defs = Definitions(jobs=[agent])
