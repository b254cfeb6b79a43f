"""Where a run takes place, and by what measure: three sources, one of which is always stronger."""

from __future__ import annotations

import json
import os
from operator import attrgetter
from pathlib import Path

import pytest

from support.approval import CRITERIA, UnknownCriterion, ensure_known
from support.config import DeploymentError, Environment, Policy, load_environment
from support.config.policy import UNTOUCHABLE
from support.config.sources import ENVIRONMENTS

SECRET = "s3cret-0123456789-s3cret"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes in from the shell that runs the tests."""
    for name in os.environ:
        if name.upper().startswith("GREENLIGHT_") or name == "WEBSOCKET_TEST_URL":
            monkeypatch.delenv(name)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of one's own, `chat.toml`; its path."""
    path = tmp_path / "chat.toml"
    path.write_text(
        'chat_url = "https://file.example.test"\nauth_url = "https://auth.example.test"\n', "utf-8"
    )
    return path


def given(path: Path, **flags: str) -> Environment:
    return load_environment({"environment": str(path), **flags})


def refused(flags: dict[str, str]) -> str:
    with pytest.raises(DeploymentError) as raised:
        load_environment(flags)
    return str(raised.value)


# --- which one


def test_without_a_word_it_is_the_local_one_with_the_bundled_reference() -> None:
    environment = load_environment()
    assert environment.name == "local"
    assert environment.uses_reference


def test_every_environment_file_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_CHAT_URL", "https://chat.example.test")
    monkeypatch.setenv("GREENLIGHT_AUTH_URL", "https://auth.example.test")
    for path in ENVIRONMENTS.glob("*.toml"):
        assert load_environment({"environment": path.stem}).name == path.stem


def test_the_flag_names_it_more_strongly_than_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GREENLIGHT_ENVIRONMENT", "staging")
    assert load_environment({"environment": "ci"}).name == "ci"


@pytest.mark.parametrize("variable", ["GREENLIGHT_ENVIRONMENT", "greenlight_environment"])
def test_the_variable_names_it(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "ci")
    assert load_environment().name == "ci"


def test_a_file_of_ones_own_is_named_by_its_path(own: Path) -> None:
    environment = given(own)
    assert environment.name == "chat"
    assert environment.chat_url == "https://file.example.test"


def test_an_unknown_one_is_refused_and_the_known_ones_are_named() -> None:
    message = refused({"environment": "stagign"})
    assert "there is no environment 'stagign'" in message
    assert "ci, local, production, staging" in message


def test_a_file_that_is_not_there_is_refused() -> None:
    assert refused({"environment": "no/such.toml"}) == "there is no environment file no/such.toml"


def test_a_file_that_is_no_toml_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "chat.toml"
    path.write_text("chat_url = \nsizes = 3", "utf-8")
    message = refused({"environment": str(path)})
    assert message.startswith(f"{path} is not valid TOML: ")
    assert "line 1" in message


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.toml"
    path.write_bytes(b"\xff\xfe")
    assert "is not valid TOML" in refused({"environment": str(path)})


# --- who is stronger


def test_a_variable_is_stronger_than_the_file(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_CHAT_URL", "https://variable.example.test")
    assert given(own).chat_url == "https://variable.example.test"


def test_a_flag_is_stronger_than_a_variable(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_CHAT_URL", "https://variable.example.test")
    environment = given(own, chat_url="https://flag.example.test")
    assert environment.chat_url == "https://flag.example.test"


def test_the_strength_holds_for_single_keys_of_a_table(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own.open("a", encoding="utf-8") as file:
        file.write("[sizes]\ngroup = 3\nmessages = 3\nload_users = 3\n")
    monkeypatch.setenv("GREENLIGHT_SIZES__MESSAGES", "4")
    monkeypatch.setenv("GREENLIGHT_SIZES__LOAD_USERS", "4")
    sizes = given(own, **{"sizes.load_users": "5"}).sizes
    assert (sizes.group, sizes.messages, sizes.load_users) == (3, 4, 5)


def test_other_tools_variable_is_read_and_weaker_than_ours(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBSOCKET_TEST_URL", "ws://other.example.test")
    assert given(own).chat_url == "ws://other.example.test"
    monkeypatch.setenv("GREENLIGHT_CHAT_URL", "ws://ours.example.test")
    assert given(own).chat_url == "ws://ours.example.test"


def test_other_tools_variable_counts_only_when_it_says_something(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBSOCKET_TEST_URL", "")
    assert given(own).chat_url == "https://file.example.test"


def test_an_optional_variable_that_is_empty_says_nothing(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a pipeline leaves of a secret that is not set."""
    monkeypatch.setenv("GREENLIGHT_JWT_SECRET", "")
    assert given(own).chat_url == "https://file.example.test"
    assert given(own).jwt_secret is None


def test_flags_have_short_forms() -> None:
    environment = load_environment({"defect": "one,two", "latency_ms": "80"})
    assert environment.reference.defects == ["one", "two"]
    assert environment.policy.average_latency_ms == 80


def test_variables_of_the_projects_own_processes_are_no_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GREENLIGHT_REFERENCE_SECRET", SECRET)
    assert load_environment().name == "local"


# --- what is wrong is refused by name


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"chat_ulr": "x"}, ["chat_ulr is no setting", "did you mean chat_url?"]),
        ({"zzz": "x"}, ["zzz is no setting"]),
        ({"sizes.group": "many"}, ["sizes.group", "valid integer"]),
        ({"sizes.group": "1"}, ["sizes.group", "a number of at least 2 and at most 1,000"]),
        ({"sizes.gruop": "5"}, ["sizes.gruop is no setting", "did you mean sizes.group?"]),
        ({"patience.scale": "0"}, ["patience.scale", "of at least 0.01 and at most 100"]),
        (
            {"policy.connection_success": "95"},
            ["policy.connection_success", "above 0 and at most 1"],
        ),
        ({"policy.p95_latency_ms": "nan"}, ["policy.p95_latency_ms"]),
        ({"policy.p95_latency_ms": "inf"}, ["policy.p95_latency_ms", "above 0 and at most"]),
        ({"patience.answer_s": "inf"}, ["patience.answer_s", "at most 3,600"]),
        ({"sign_in": "magic"}, ["sign_in", "'service', 'mint' or 'static'"]),
        ({"html": "perhaps"}, ["html", "boolean"]),
        ({"sizes": "5"}, ["sizes is a table"]),
        ({"sizes": "5", "sizes.group": "5"}, ["sizes.group"]),
        ({"sizes.group": "5", "sizes": "5"}, ["sizes"]),
        ({"sizes.group.x": "5"}, ["sizes.group"]),
        ({"chat_url": "chat.example.test"}, ["chat_url", "an address such as wss://"]),
        ({"chat_url": "ftp://chat.example.test"}, ["chat_url", "an address such as wss://"]),
        ({"chat_url": "https://"}, ["chat_url", "an address"]),
        ({"chat_url": "https://h:99999"}, ["chat_url", "an address"]),
        (
            {"chat_url": "https://h?x=1"},
            ["chat_url", "without user name, password, query or fragment"],
        ),
        ({"auth_url": "ws://h"}, ["auth_url", "an address such as https://"]),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_with_what_is_expected(
    flags: dict[str, str], words: list[str]
) -> None:
    message = refused(flags)
    for word in words:
        assert word in message
    assert message.count("\n") <= 1


def test_several_wrong_settings_are_named_together() -> None:
    message = refused({"sizes.group": "x", "html": "perhaps"})
    assert "sizes.group" in message
    assert "html" in message


def test_an_unknown_variable_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_CHAT_ULR", "https://chat.example.test")
    message = refused({})
    assert "the environment variable GREENLIGHT_CHAT_ULR is no setting" in message
    assert "did you mean GREENLIGHT_CHAT_URL?" in message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("healing.scale", "reconnect.scale"),
        ("sizes.crowd", "sizes.group"),
        ("sizes.visits", "sizes.connects"),
    ],
)
def test_the_new_name_of_a_renamed_setting_is_given(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"is now called {new.split('.')[0]}" in refused({old: "1"})
    variable = f"GREENLIGHT_{old.upper().replace('.', '__')}"
    monkeypatch.setenv(variable, "1")
    named = f"GREENLIGHT_{new.upper().replace('.', '__')}"
    assert refused({}) == f"the environment variable {variable} is now called {named}"


def test_a_wrong_variable_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_SIZES__GROUP", "many")
    assert "sizes.group" in refused({})


TEXTS_OR_LISTS = {
    "chat api": "chat api",
    "123456": "123456",
    "true": "true",
    "null": "null",
    '["chat", "api"]': ["chat", "api"],
}


@pytest.mark.parametrize("key", ["audience", "scope"])
@pytest.mark.parametrize("written", TEXTS_OR_LISTS)
def test_audience_and_scope_of_tokens_are_texts_or_lists(
    own: Path, monkeypatch: pytest.MonkeyPatch, key: str, written: str
) -> None:
    meant = TEXTS_OR_LISTS[written]
    assert getattr(given(own, **{f"tokens.{key}": written}).tokens, key) == meant
    with monkeypatch.context() as shell:
        shell.setenv(f"GREENLIGHT_TOKENS__{key.upper()}", written)
        assert getattr(given(own).tokens, key) == meant
    own.write_text(f"{own.read_text('utf-8')}[tokens]\n{key} = {json.dumps(meant)}\n", "utf-8")
    assert getattr(given(own).tokens, key) == meant


@pytest.mark.parametrize("wrong", ["[", "[1]", "[]"])
def test_a_list_that_names_no_audience_is_refused(own: Path, wrong: str) -> None:
    assert "tokens.audience" in refused({"environment": str(own), "tokens.audience": wrong})


def test_a_variable_that_should_be_json_and_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GREENLIGHT_USERS", "alice")
    assert "GREENLIGHT_USERS is wrong: no valid JSON" in refused({})


def test_of_several_variables_the_wrong_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_POLICY__LEAVE_OUT", "recovery")
    monkeypatch.setenv("Greenlight_Policy__Accepted_Failures", "all of them")
    told = "the environment variable Greenlight_Policy__Accepted_Failures is wrong: no valid JSON"
    assert told in refused({})


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        ("policy.leave_out", "p99_latency,recovery", ("p99_latency", "recovery")),
        ("policy.leave_out", '["p99_latency"]', ("p99_latency",)),
        ("policy.must", "A1,E1", ("A1", "E1")),
        ("policy.required_categories", "security", ("security",)),
        ("reference.defects", "one,two", ["one", "two"]),
        ("reference.lawful", '["one"]', ["one"]),
        ("reference.settings", "chat.close_s=1,chat.x=a=b", {"chat.close_s": "1", "chat.x": "a=b"}),
        ("reference.settings", '{"chat.close_s": "1"}', {"chat.close_s": "1"}),
        ("chaos.delay_ms", "5,50", (5.0, 50.0)),
        ("chaos.delay_ms", "[5, 50]", (5.0, 50.0)),
    ],
)
def test_variables_and_flags_take_lists_alike(
    monkeypatch: pytest.MonkeyPatch, key: str, written: str, meant: object
) -> None:
    flagged = load_environment({key: written})
    monkeypatch.setenv(f"GREENLIGHT_{key.upper().replace('.', '__')}", written)
    for environment in (flagged, load_environment()):
        assert attrgetter(key)(environment) == meant


def test_a_list_that_is_no_json_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_POLICY__LEAVE_OUT", '["p99_latency"')
    assert "policy.leave_out: a list is expected, such as a,b or [" in refused({})


def test_a_variable_may_give_a_value_that_the_dialect_asks_for(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLIGHT_VARIABLES__PROJECT", "5")
    assert given(own).variables == {"project": "5"}
    monkeypatch.setenv("GREENLIGHT_CHAT_URL__HOST", "x")
    assert "GREENLIGHT_CHAT_URL is no table" in refused({})


@pytest.mark.parametrize("name", ["GREENLIGHT_SAFE", "GREENLIGHT_VARIABLES__PROJECT"])
def test_an_empty_variable_makes_no_run_less_safe_and_of_no_other_project(
    own: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What a pipeline leaves of a variable that is not set."""
    monkeypatch.setenv(name, "")
    assert f"{name} is set, but empty: give it a value" in refused({"environment": str(own)})


# --- contradictions


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"auth_url": ""}, "auth_url"),
        ({"sign_in": "mint"}, "sign_in = mint needs GREENLIGHT_JWT_SECRET"),
        ({"sign_in": "mint", "jwt_secret": ""}, "sign_in = mint needs GREENLIGHT_JWT_SECRET"),
        ({"defect": "x"}, "defects can be put into the bundled reference alone"),
        ({"control.stop": "true"}, "control needs all of stop, start and kill"),
        ({"control.stop": "true", "control.start": "true"}, "control needs all"),
        ({"control.kill": "true"}, "control needs all"),
    ],
    ids=str,
)
def test_a_contradiction_is_refused(own: Path, flags: dict[str, str], words: str) -> None:
    assert words in refused({"environment": str(own), **flags})


def test_a_service_without_an_address_to_sign_in_at_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chat.toml"
    path.write_text('chat_url = "https://chat.example.test"\n', "utf-8")
    assert "sign_in = service needs GREENLIGHT_AUTH_URL" in refused({"environment": str(path)})


def test_an_environment_without_an_address_is_refused() -> None:
    assert "names no address: set GREENLIGHT_CHAT_URL" in refused({"environment": "staging"})


def test_control_is_all_or_nothing(own: Path) -> None:
    assert given(own).control.stop is None
    all_three = {f"control.{name}": "true" for name in ("stop", "start", "kill")}
    assert given(own, **all_three).control.kill == "true"


# --- user isolation


def test_user_isolation_cannot_be_left_out_by_a_file(own: Path) -> None:
    with own.open("a", encoding="utf-8") as file:
        file.write('[policy]\nleave_out = ["p99_latency", "user_isolation"]\n')
    assert "user_isolation can never be left out" in refused({"environment": str(own)})


@pytest.mark.parametrize("value", ["user_isolation", "p99_latency,user_isolation"])
def test_user_isolation_cannot_be_left_out_by_a_flag(value: str) -> None:
    assert "user_isolation can never be left out" in refused({"policy.leave_out": value})


def test_user_isolation_cannot_be_left_out_by_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GREENLIGHT_POLICY__LEAVE_OUT", '["user_isolation"]')
    assert "user_isolation can never be left out" in refused({})


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, iter])
def test_user_isolation_cannot_be_left_out_however_it_is_written(kind: type) -> None:
    with pytest.raises(ValueError, match="user_isolation can never be left out"):
        Policy(leave_out=kind(["user_isolation"]))


def test_what_is_no_criterion_cannot_be_left_out() -> None:
    environment = load_environment({"policy.leave_out": "p98_latency"})
    with pytest.raises(UnknownCriterion, match=r"'p98_latency' is no criterion; .* p99_latency"):
        ensure_known(environment.policy)


def test_that_scenarios_pass_cannot_be_left_out() -> None:
    assert "categories can never be left out" in refused({"policy.leave_out": "categories"})


def test_other_criteria_can_be_left_out() -> None:
    free = [name for name in CRITERIA if name not in UNTOUCHABLE]
    environment = load_environment({"policy.leave_out": ",".join(free)})
    assert environment.policy.leave_out == tuple(free)


# --- secrets


def with_secrets(own: Path) -> Environment:
    with own.open("a", encoding="utf-8") as file:
        file.write(f'jwt_secret = "{SECRET}-1"\n[[users]]\nuser_id = "u-1"\ntoken = "{SECRET}-2"\n')
    return given(own)


def test_secrets_are_given_only_when_asked_for(own: Path) -> None:
    assert with_secrets(own).secrets() == {
        "signing secret": f"{SECRET}-1",
        "token of static user 1": f"{SECRET}-2",
    }


def test_variables_that_are_called_a_secret_are_secrets(own: Path) -> None:
    names = ("api_key", "AWS_SECRET", "session_token", "login_password", "cookie", "ticket")
    others = ("project", "model_url", "keyspace", "token_type")
    flags = {f"variables.{name}": f"{SECRET}-{name}" for name in (*names, *others)}
    flags["variables.short_key"] = "k-1"
    assert given(own, **flags).secrets() == {name: f"{SECRET}-{name}" for name in names}


def test_secrets_are_in_nothing_that_is_shown_or_stored(own: Path) -> None:
    environment = with_secrets(own)
    shown = [
        repr(environment),
        str(environment),
        str(environment.model_dump()),
        environment.model_dump_json(),
        repr(environment.users),
        environment.policy.model_dump_json(),
    ]
    assert not any(SECRET in text for text in shown)


def test_settings_of_the_reference_can_be_given_on_the_command_line() -> None:
    environment = load_environment({"reference.settings": "chat.heartbeat_s=9,chat.close_s=1"})
    assert environment.reference.settings == {"chat.heartbeat_s": "9", "chat.close_s": "1"}


@pytest.mark.parametrize(
    "wrong",
    [
        f'jwt_secret = ["{SECRET}"]',
        f'users = "{SECRET}"',
        f'[[users]]\ntoken = "x"\nuser_id = ["{SECRET}"]',
        f'[[users]]\ntoken = ["{SECRET}"]',
        f'[[users]]\ntokn = "{SECRET}"',
        f'chat_url = "https://alice:{SECRET}@chat.example.test"',
        f'chat_url = "https://chat.example.test?token={SECRET}"',
    ],
    ids=["secret", "users", "id", "token", "key", "password", "query"],
)
def test_secrets_are_in_no_refusal(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "chat.toml"
    path.write_text(wrong, "utf-8")
    assert SECRET not in refused({"environment": str(path)})


def test_a_secret_in_a_wrong_variable_is_in_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIGHT_USERS", f"[{SECRET}")
    assert SECRET not in refused({})


@pytest.mark.parametrize(
    ("flags", "within_s"),
    [
        ({}, 2.0),
        ({"handshake_deadline_s": "7"}, 7.0),
        ({"chat_url": "http://chat.example.test", "auth_url": "http://a.example.test"}, None),
    ],
)
def test_what_the_reference_promises_is_not_promised_of_a_deployment(
    flags: dict[str, str], within_s: float | None
) -> None:
    assert load_environment(flags).handshake_cut_within_s == within_s


def test_a_dialect_may_lie_beside_the_environment_that_names_it(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = own.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    own.write_text(f'dialect = "ours.toml"\n{own.read_text("utf-8")}', "utf-8")
    assert given(own).dialect == "ours.toml"
    (own.parent / "ours.toml").touch()
    assert given(own).dialect == str(own.parent / "ours.toml")


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("chat.toml", True),
        ("local.toml", True),
        (str(ENVIRONMENTS / "local.toml"), False),
        ("local", False),
    ],
)
def test_an_own_file_is_told_from_one_of_the_suite(file: str, own: bool, tmp_path: Path) -> None:
    if file in ("chat.toml", "local.toml"):
        (tmp_path / file).write_text("[reference]\nbundled = true\n", "utf-8")
        file = str(tmp_path / file)
    assert load_environment({"environment": file}).own is own
    assert load_environment({"environment": file, "name": "another"}).own
