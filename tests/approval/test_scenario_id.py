"""Who a scenario is: the same for ever, whatever else is in its file."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from behave.parser import parse_feature

from support.approval import display_name, scenario_id


def scenarios(text: str, path: str = "features/talk.feature") -> list[Any]:
    return list(parse_feature(dedent(text), filename=path).walk_scenarios())


def outline(*rows: str, name: str = "Alice says a word") -> list[Any]:
    lines = "".join(f"      | {row} |\n" for row in ("word | tone", *rows))
    return scenarios(
        f"Feature: Talking\n  Scenario Outline: {name}\n    When she says <word>\n"
        f"    Examples:\n{lines}"
    )


def test_a_scenario_keeps_its_id_wherever_it_stands_in_its_file() -> None:
    alone = scenarios("Feature: Talking\n  Scenario: One\n    When x\n")
    below = scenarios("Feature: Talking\n  Scenario: Zero\n\n  Scenario: One\n    Then y\n")
    assert scenario_id(alone[0]) == scenario_id(below[1])


def test_other_names_other_files_and_other_rules_are_others() -> None:
    both = "Feature: Talking\n  Scenario: One\n  Rule: R\n    Scenario: One\n    Scenario: Two\n"
    ids = [scenario_id(s) for s in scenarios(both) + scenarios(both, "features/other.feature")]
    assert len(set(ids)) == 6


def test_rows_of_an_outline_keep_their_ids_when_the_table_is_sorted_anew() -> None:
    one, two = outline("yes | loud", "no | low"), outline("no | low", "yes | loud")
    assert {scenario_id(s) for s in one} == {scenario_id(s) for s in two}
    assert len({scenario_id(s) for s in one}) == 2


def test_rows_that_differ_in_one_cell_are_others() -> None:
    rows = outline("yes | loud", "yes | low")
    assert scenario_id(rows[0]) != scenario_id(rows[1])


def test_a_row_is_shown_in_brackets_where_the_name_does_not_tell_it() -> None:
    assert [display_name(s) for s in outline("yes | loud", "no | low")] == [
        "Alice says a word (yes, loud)",
        "Alice says a word (no, low)",
    ]


def test_a_name_that_tells_its_row_is_shown_as_it_is() -> None:
    (row,) = outline("yes | loud", name="Alice says <word>")
    assert display_name(row) == "Alice says yes"


def test_a_plain_scenario_is_shown_by_its_name() -> None:
    (plain,) = scenarios("Feature: Talking\n  Scenario: Alice -- at last -- talks\n")
    assert display_name(plain) == "Alice -- at last -- talks"
