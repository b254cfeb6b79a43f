"""What happens in a scenario, written down as an Allure result."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import allure_commons
from allure_behave.listener import AllureListener
from allure_commons.model2 import Label, Parameter, StatusDetails, TestResult

from support.approval.scenario_id import display_name, scenario_id
from support.report.allure.status import ALLURE, Ending, step_ending
from support.report.formatting import mask
from support.report.labels import description_of, full_name, labels_of, title_path


class GreenlightListener(AllureListener):  # type: ignore[misc]
    """Builds results; the caller says how a scenario ended."""

    current_step_uuid: str | None

    def start_scenario(self, scenario: Any) -> None:
        """A scenario's `run` is about to be called."""
        self.steps.clear()
        self.group_context.enter()
        result = result_of(scenario)
        result.start = _now_ms()
        self.current_scenario_uuid = result.uuid
        self.logger.schedule_test(result.uuid, result)

    def finish(self, scenario: Any, ended: Ending) -> None:
        """A scenario's `run` has returned: write its result."""
        self._close_open_step(ended)
        self.flush_steps()
        result = self.logger.get_test(self.current_scenario_uuid)
        result.stop = _now_ms()
        _settle(result, ended)
        self.logger.close_test(self.current_scenario_uuid)
        self.group_context.append_test(self.current_scenario_uuid)
        self._leave()

    def drop(self) -> None:
        """The scenario was not selected: no result."""
        self.logger.drop_test(self.current_scenario_uuid)
        self._leave()

    def report(self, scenario: Any, ended: Ending) -> None:
        """Write the result of a scenario whose `run` was never called."""
        result = result_of(scenario)
        _settle(result, ended)
        allure_commons.plugin_manager.hook.report_result(result=result)

    def start_behave_step(self, step: Any) -> None:
        """A step begins."""
        super().start_behave_step(step)
        # behave's keyword and name, without the double space of an already spaced keyword.
        self.logger.get_item(self.current_step_uuid).name = f"{step.keyword.strip()} {step.name}"

    def stop_behave_step(self, result: Any) -> None:
        """A step is over, or will not be run."""
        ended = step_ending(result)
        self.logger.stop_step(
            self.current_step_uuid,
            stop=_now_ms(),
            status=ALLURE[ended.status],
            statusDetails=_details(ended),
        )
        self.current_step_uuid = None

    @allure_commons.hookimpl
    def attach_data(self, body: Any, name: Any, attachment_type: Any, extension: Any) -> None:
        """Attach to the step or scenario under way — outside of both, to the run."""
        body = mask(body) if isinstance(body, str) else _masked_bytes(body)
        attach = self.logger.attach_data if self._inside() else self.logger.global_attach_data
        attach(
            str(uuid.uuid4()), body, name=name, attachment_type=attachment_type, extension=extension
        )

    @allure_commons.hookimpl
    def attach_file(self, source: Any, name: Any, attachment_type: Any, extension: Any) -> None:
        """Attach the content of a file, as `attach_data` does."""
        self.attach_data(Path(source).read_bytes(), name, attachment_type, extension)

    def _inside(self) -> bool:
        # The stock listener raises a KeyError here, and before_all with it ends the run.
        return self.logger._last_executable() is not None

    def _close_open_step(self, ended: Ending) -> None:
        """A step out of which the whole run was torn down was never reported as over."""
        if self.current_step_uuid is not None:
            step, self.current_step_uuid = self.current_step_uuid, None
            self.logger.stop_step(step, stop=_now_ms(), status=ALLURE[ended.status])

    def _leave(self) -> None:
        self.steps.clear()
        self.group_context.exit()
        self.current_scenario_uuid = None


def result_of(scenario: Any) -> TestResult:
    """An empty result that carries everything known of a scenario before it runs."""
    row = scenario._row
    cells = zip(row.headings, row.cells, strict=True) if row else ()
    return TestResult(
        uuid=str(uuid.uuid4()),
        name=display_name(scenario) or str(scenario.keyword),
        fullName=full_name(scenario),
        titlePath=title_path(scenario),
        historyId=scenario_id(scenario),
        testCaseId=scenario_id(scenario),
        description=description_of(scenario),
        parameters=[Parameter(name=str(name), value=str(value)) for name, value in cells],
        labels=[Label(name=name, value=value) for name, value in labels_of(scenario)],
    )


def _masked_bytes(body: bytes) -> bytes:
    """Text is masked, pictures and the like stay as they are."""
    try:
        return mask(body.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return body


def _now_ms() -> int:
    return round(time.time() * 1000)


def _settle(result: TestResult, ended: Ending) -> None:
    result.status = ALLURE[ended.status]
    result.statusDetails = _details(ended)


def _details(ended: Ending) -> StatusDetails | None:
    if not (ended.message or ended.trace):
        return None
    return StatusDetails(message=ended.message or None, trace=ended.trace or None)
