"""How a scenario ended, read from behave's own model, never from its steps alone.

allure-behave looks at steps only, so a failed hook or clean-up looks like a pass there.
`scenario.status` is behave's own answer, and it is final once `scenario.run` has returned.
"""

from __future__ import annotations

import re
import sysconfig
import traceback
from typing import Any, NamedTuple

from support.approval.model import BEFORE_ITS_TURN, Status
from support.checks.finding import Cause
from support.checks.unmet import Unmet
from support.report.formatting import mask
from support.report.labels import lineage

#: Allure's word for each of ours. Nothing but a pass is ever shown as `passed`.
ALLURE: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "broken": "broken",
    "skipped": "skipped",
    "not_run": "unknown",
}

NEVER_RAN = "This scenario never ran"
CUT_SHORT = "This scenario was interrupted: the run ended in the middle of it."
DRY_RUN = "This was a dry run: nothing was executed"
INTERRUPTED = "The run ended in the middle of this scenario, which is not assessed"
NO_STEPS = "This scenario has no steps: nothing was checked"
NO_REASON = "This scenario was skipped without a reason"

_HOOKS = {
    "before_scenario": "The set-up of this scenario failed",
    "after_scenario": "The clean-up after this scenario failed",
    "before_tag": "The set-up for a tag of this scenario failed",
    "after_tag": "The clean-up for a tag of this scenario failed",
}
#: Folders of Python itself and of installed packages.
_FRAMEWORKS = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
_HOOK_ERROR = re.compile(r"HOOK-ERROR in (\w+)[^:]*: ?(.*)", re.DOTALL)
_CLEANUP_ERROR = re.compile(r"CLEANUP-ERROR in [^:]*: ?([^\n]*)")


class Ending(NamedTuple):
    """How a scenario ended, why in plain words, and the trace for developers.

    `cause`, `checks`, `invariants` and `unknown` are as in `Outcome`.
    """

    status: Status
    message: str = ""
    trace: str = ""
    cause: Cause | None = None
    checks: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    unknown: bool = False


def ending(scenario: Any) -> Ending:
    """How a scenario ended whose `run` has returned. Reads behave 1.3's model only.

    One that the end of the run has hit (`cut_short`, in a sentence) is not assessed, whatever
    became of its steps and of the clean-up.
    """
    name = scenario.status.name
    if getattr(scenario, "cut_short", ""):
        return Ending("not_run", f"{INTERRUPTED}: {mask(scenario.cut_short)}")
    problem = _first_problem(scenario)
    if name == "passed":
        if not list(scenario.all_steps):
            return Ending("not_run", NO_STEPS)
        # A pending step under @wip makes behave say "passed"; nothing was proven by it.
        return Ending("broken", *problem) if problem else Ending("passed")
    if name == "skipped":
        return Ending("skipped", skip_reason(scenario) or NO_REASON, cause=_left_out_by(scenario))
    if name in ("untested", "untested_pending", "untested_undefined"):
        return Ending("not_run", DRY_RUN if scenario.was_dry_run else why_never_ran(scenario))
    if any(isinstance(step.exception, KeyboardInterrupt) for step in scenario.all_steps):
        return Ending("not_run", INTERRUPTED)
    message, trace = problem or ("", "")
    if name == "hook_error" and isinstance(scenario.exception, AssertionError):
        # What must hold in every scenario is asked when it ends: an answer, not an accident.
        message = mask(str(scenario.exception).strip())
        return _judged("failed", message, "", scenario.exception)
    if name in ("hook_error", "cleanup_error"):
        message = "\n".join(part for part in (_after_all_steps(scenario), message) if part)
        trace = trace or _trace(scenario.exc_traceback)
    status: Status = "failed" if name == "failed" else "broken"
    text = message or f"behave calls this scenario “{name}”"
    errors = [s.exception for s in scenario.all_steps if s.exception is not None]
    return _judged(status, text, trace, (errors or [scenario.exception])[0])


def _left_out_by(scenario: Any) -> Cause:
    found: Cause = getattr(scenario, "left_out_by", "not_offered")
    return found


def _judged(status: Status, message: str, trace: str, error: BaseException | None) -> Ending:
    """An end without a pass, with what the error knows of its cause."""
    if isinstance(error, Unmet):
        found = (error.cause, error.checks, error.invariants, error.unknown)
        return Ending(status, message, trace, *found)
    unknown: Cause = "product" if status == "failed" else "harness"
    return Ending(status, message, trace, getattr(error, "cause", unknown))


def crashed(error: BaseException) -> Ending:
    """A scenario out of which an exception came that ends the whole run."""
    message = f"The run was torn down in the middle of this scenario: {_message(error)}"
    return Ending("broken", message, _trace(error.__traceback__))


def never_ran(scenario: Any) -> Ending:
    """A scenario that was selected and whose `run` was never called."""
    skipped = any(element.should_skip for element in lineage(scenario))
    if skipped and (reason := skip_reason(scenario)):
        return Ending("skipped", reason)
    return Ending("not_run", why_never_ran(scenario))


def why_never_ran(scenario: Any) -> str:
    """Why, as far as the model knows: a broken preparation above it, or the end of the run."""
    for element in lineage(scenario):
        if getattr(element, "hook_failed", False):
            kind = type(element).__name__.lower()
            return f"{NEVER_RAN}: the set-up of its {kind} failed. {hook_error(element)}"
    if any(step.status.name not in ("untested", "skipped") for step in scenario.all_steps):
        return CUT_SHORT
    return BEFORE_ITS_TURN


def skip_reason(scenario: Any) -> str:
    """Why a scenario, or what it stands in, was skipped; empty without a reason."""
    reasons = (getattr(element, "skip_reason", None) for element in lineage(scenario))
    return mask(next((str(reason) for reason in reasons if reason), ""))


def hook_error(element: Any) -> str:
    """What behave noted when a hook of a feature, rule or scenario failed, without its shouting."""
    found = _HOOK_ERROR.search(element.error_message or "")
    return mask(found[2].strip()) if found else _message(element.exception)


def step_ending(step: Any) -> Ending:
    """How one step ended. `pending`, `error` and the like are `broken`, as nothing was shown."""
    name = step.status.name
    if name in ("untested", "skipped", "passed"):
        return Ending("passed" if name == "passed" else "skipped")
    status: Status = "failed" if name == "failed" else "broken"
    if step.status.is_undefined():
        return Ending(status, "This step is not defined.")
    if step.status.is_pending():
        return Ending(status, "This step is not finished yet.")
    if isinstance(step.exception, Unmet):  # an answer: where it was asked says nothing more
        return Ending(status, _message(step.exception))
    return Ending(status, _message(step.exception), _trace(step.exc_traceback))


def _first_problem(scenario: Any) -> tuple[str, str] | None:
    for step in scenario.all_steps:
        outcome = step_ending(step)
        if outcome.status in ("failed", "broken"):
            return f"{step.keyword} {step.name}\n{outcome.message}".strip(), outcome.trace
    return None


def _after_all_steps(scenario: Any) -> str:
    """What went wrong around the steps: in a hook or in a clean-up."""
    lines = []
    for part in re.split(r"(?=HOOK-ERROR in )", scenario.error_message or ""):
        if found := _HOOK_ERROR.match(part):
            lines.append(f"{_HOOKS.get(found[1], found[1] + ' failed')}: {found[2].strip()}")
    if scenario.status.name == "cleanup_error":
        output = scenario.captured.make_report()
        found = _CLEANUP_ERROR.search(output)
        lines.append("The clean-up after this scenario failed" + (f": {found[1]}" if found else ""))
    return mask("\n".join(lines) or "A hook of this scenario failed")


def _message(error: BaseException | None) -> str:
    if error is None:
        return "no reason was given"
    text = str(error).strip()
    if isinstance(error, AssertionError) and text:
        return mask(text)
    return mask(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _trace(trace: Any) -> str:
    """Where in the suite it happened, and the very place: nothing of the frameworks between."""
    frames = traceback.extract_tb(trace) if trace else []
    shown = [f for f in frames[:-1] if not f.filename.startswith(_FRAMEWORKS)] + frames[-1:]
    return mask("".join(traceback.format_list(shown)))
