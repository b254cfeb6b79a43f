"""Where settings come from, and what is refused before anything runs.

Weakest first: a TOML file, environment variables (`GREENLIGHT_…`, nested with `__`), `-D` flags of
the command line. Whatever is unknown, empty, wrong or contradictory is refused by name.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from support.config.environment import Environment
from support.config.errors import DeploymentError
from support.config.renamed import RENAMED
from support.config.seal_key import SEAL_KEY

ENVIRONMENTS = Path(__file__).parent / "environments"
PREFIX = "GREENLIGHT_"

#: Read besides ours, because other tools of the field set them.
ALIASES = {"WEBSOCKET_TEST_URL": "chat_url"}

#: Short forms of `-D` flags.
FLAG_NAMES = {
    "defect": "reference.defects",
    "lawful": "reference.lawful",
    "latency_ms": "policy.average_latency_ms",
    "idle_hold": "patience.idle_hold",
    "soak": "patience.soak",
    "chaos": "chaos.on",
    "seed": "chaos.seed",
}

#: Names that the project uses in the process environment for other ends.
NOT_SETTINGS = {"GREENLIGHT_REFERENCE_SECRET", "GREENLIGHT_REFERENCE_SPAWNER", SEAL_KEY}

#: Variables that say what a run is about, and what it may do: an empty one must not mean something
#: else. So does one of `variables`.
NEVER_EMPTY = {
    *(PREFIX + name for name in ("ENVIRONMENT", "CHAT_URL", "AUTH_URL", "PLAIN_URL", "CA_FILE")),
    PREFIX + "EXPECT_BUILD",
    PREFIX + "SAFE",
    PREFIX + "ACCOUNTS_FILE",
}

#: Settings that make sense for a deployment alone, never for the bundled reference.
OF_DEPLOYMENTS = (
    *("auth_url", "plain_url", "ca_file", "jwt_secret", "users", "tokens", "control"),
    *("sign_in", "allowed_origin", "accounts", "accounts_file"),
)

#: So many wrong letters in `PREFIX` make a mistyped setting, not the variable of another tool.
MISTYPED = 2


def load_environment(flags: Mapping[str, Any] | None = None) -> Environment:
    """The environment of this run.

    `flags` are the `-D` pairs (`environment`, `chat_url`, `sizes.messages`, `defect`, …). Raises
    `DeploymentError` in one or two lines that name the key and what is expected.
    """
    given, variables = dict(flags or {}), _variables()
    named = (v for k, v in os.environ.items() if k.upper() == f"{PREFIX}ENVIRONMENT")
    name = given.pop("environment", next(named, "local"))
    if not name:
        raise DeploymentError("environment is empty: name one, or leave it out")
    path, content = _read_file(name)
    merged: dict[str, Any] = {"name": path.stem}
    for source in (content, _aliases(), variables, _nested(given)):
        merged = _merge(merged, source)
    try:
        environment = Environment(**merged)
    except ValidationError as error:
        raise DeploymentError(_explain(error, path)) from None
    _refuse_contradictions(environment, path)
    bundled = path.resolve().parent == ENVIRONMENTS.resolve()
    environment.comes_from(path.stem, bundled=bundled)
    return environment


def _read_file(name: str) -> tuple[Path, dict[str, Any]]:
    named = Path(name).suffix == ".toml" or os.sep in name
    path = Path(name) if named else ENVIRONMENTS / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return path, content | (_beside(path, content) if named else {})
    except FileNotFoundError:
        if named:
            raise DeploymentError(f"there is no environment file {name}") from None
        known = sorted(p.stem for p in ENVIRONMENTS.glob("*.toml"))
        raise DeploymentError(
            f"there is no environment {name!r}; there are: {', '.join(known)}"
            " (or give the path of a TOML file)"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeploymentError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        raise DeploymentError(f"cannot read {path}: {error.strerror}") from None


def _beside(path: Path, content: Mapping[str, Any]) -> dict[str, str]:
    """The files that an environment file names and that lie in its own folder."""
    named = {k: path.parent / str(v) for k, v in content.items() if k in ("dialect", "ca_file")}
    return {key: str(found) for key, found in named.items() if found.is_file()}


def _variables() -> dict[str, Any]:
    for variable, value in os.environ.items():
        if variable.upper() not in NOT_SETTINGS:
            _refuse_unknown(variable)
            if not value and _never_empty(variable.upper()):
                raise DeploymentError(f"{variable} is set, but empty: give it a value, or unset it")
    try:
        return _read(os.environ)
    except SettingsError:
        wrong = next(filter(_no_json, os.environ), f"{PREFIX}…")
        raise DeploymentError(f"the environment variable {wrong} is wrong: no valid JSON") from None


def _read(variables: Mapping[str, str]) -> dict[str, Any]:
    """The settings that `variables` give. Raises `SettingsError`."""
    source = EnvSettingsSource(
        Environment, env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )
    source.env_vars = {name.lower(): value for name, value in variables.items() if value}
    return dict(source())


def _no_json(variable: str) -> bool:
    try:
        _read({variable: os.environ[variable]})
    except SettingsError:
        return True
    return False


def _never_empty(name: str) -> bool:
    return name in NEVER_EMPTY or name.startswith(f"{PREFIX}VARIABLES__")


def _refuse_unknown(variable: str) -> None:
    """Raise `DeploymentError` for what was meant as a setting and is none."""
    name = variable.upper()
    if not name.startswith(PREFIX):
        if _edits_of_prefix(name) <= MISTYPED:
            raise DeploymentError(
                f"the environment variable {variable} looks like a setting with a mistyped"
                f" {PREFIX}: correct or unset it"
            )
        return
    fields = {field.upper(): field for field in Environment.model_fields}
    setting, *below = name.removeprefix(PREFIX).split("__")
    dotted = ".".join([setting, *below]).lower()
    if new := _new_name(dotted):
        new = f"{PREFIX}{new.upper().replace('.', '__')}"
        raise DeploymentError(f"the environment variable {variable} is now called {new}")
    if setting not in fields and setting != "ENVIRONMENT":
        near = get_close_matches(setting, [*fields, "ENVIRONMENT"], n=1)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
        raise DeploymentError(f"the environment variable {variable} is no setting{hint}")
    if below and not (setting in fields and _is_table(fields[setting])):
        raise DeploymentError(
            f"the environment variable {variable} is no setting: {PREFIX}{setting} is no table"
        )


def _ours(variable: str) -> bool:
    return variable.upper().startswith(PREFIX) or variable in ALIASES


def _is_table(field: str) -> bool:
    kind = Environment.model_fields[field].annotation
    return get_origin(kind) is dict or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _edits_of_prefix(name: str) -> int:
    """The fewest letters to insert, remove or change so that `name` begins with `PREFIX`."""
    costs = list(range(len(name) + 1))
    for row, wanted in enumerate(PREFIX, start=1):
        above, costs = costs, [row]
        for column, letter in enumerate(name, start=1):
            change = above[column - 1] + (letter != wanted)
            costs.append(min(change, above[column] + 1, costs[-1] + 1))
    return min(costs)


def _aliases() -> dict[str, Any]:
    return {key: os.environ[name] for name, key in ALIASES.items() if os.environ.get(name)}


def _nested(flags: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for dotted, value in flags.items():
        keys = FLAG_NAMES.get(dotted, dotted).split(".")
        table = nested
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise DeploymentError(f"{dotted} cannot be set: {key} was given a value of its own")
        table[keys[-1]] = value
    return nested


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        both = isinstance(inner, dict) and isinstance(value, Mapping)
        merged[key] = _merge(inner, value) if both and isinstance(inner, dict) else value
    return merged


def _explain(error: ValidationError, path: Path) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False)[:3]:
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden" and (new := _new_name(key)):
            lines.append(f"{key} is now called {new}")
        elif problem["type"] == "extra_forbidden":
            near = get_close_matches(key, setting_names(Environment), n=1)
            lines.append(f"{key} is no setting" + (f"; did you mean {near[0]}?" if near else ""))
        elif problem["type"] == "model_type":
            lines.append(f"{key} is a table: set {key}.NAME")
        else:
            expected = _bounds(problem["loc"]) if problem["type"] in _OUT_OF_BOUNDS else ""
            lines.append(f"{key}: {expected or problem['msg'].removeprefix('Value error, ')}")
    return f"the environment {path.stem} is wrong: " + "; ".join(lines)


def _new_name(dotted: str) -> str:
    """The new name of a setting, or of one in a table that was renamed; empty for any other."""
    for old, new in RENAMED.settings.items():
        if dotted == old or dotted.startswith(f"{old}."):
            return new + dotted.removeprefix(old)
    return ""


_OUT_OF_BOUNDS = {
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal"),
    *("finite_number", "int_parsing_size"),
}


def _bounds(place: tuple[int | str, ...]) -> str:
    """What a number may be, both ways; empty where the setting at `place` has no such bounds."""
    table: Any = Environment
    for key in place[:-1]:
        field = table.model_fields.get(key) if isinstance(key, str) else None
        table = field.annotation if field is not None else None
        if not (isinstance(table, type) and issubclass(table, BaseModel)):
            return ""
    field = table.model_fields.get(place[-1])
    limits = field.metadata if field is not None else ()
    named = {name: getattr(m, name) for m in limits for name in _WORDS if hasattr(m, name)}
    bounds = [f"{_WORDS[name]} {value:,}" for name, value in named.items()]
    return f"a number {' and '.join(bounds)} is expected" if bounds else ""


_WORDS = {"ge": "of at least", "gt": "above", "le": "at most", "lt": "below"}


def setting_names(table: type[BaseModel], above: str = "") -> list[str]:
    """The names of all settings of `table`, dotted where they stand in a table of it."""
    names = []
    for name, field in table.model_fields.items():
        names.append(above + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += setting_names(field.annotation, f"{above}{name}.")
    return names


def _refuse_contradictions(environment: Environment, path: Path) -> None:
    control = environment.control
    given = [bool(command) for command in (control.stop, control.start, control.kill)]
    if any(given) and not all(given):
        raise DeploymentError("control needs all of stop, start and kill, or none of them")
    for part in ("auth", "store"):
        pair = [bool(getattr(control, f"{action}_{part}")) for action in ("stop", "start")]
        if any(pair) and not all(pair):
            raise DeploymentError(f"control needs both of stop_{part} and start_{part}, or neither")
    if environment.uses_reference:
        _refuse_what_points_elsewhere(environment, path)
        return
    if environment.reference.defects:
        raise DeploymentError(
            "defects can be put into the bundled reference alone, not into chat_url"
        )
    if environment.reference.lawful:
        raise DeploymentError("lawful variants are of the bundled reference alone, not of chat_url")
    if environment.sign_in == "service" and environment.auth_url is None:
        raise DeploymentError(f"sign_in = service needs {PREFIX}AUTH_URL (or auth_url)")
    if environment.sign_in == "mint" and not environment.secrets().get("signing secret"):
        raise DeploymentError(f"sign_in = mint needs {PREFIX}JWT_SECRET (or jwt_secret)")


def _refuse_what_points_elsewhere(environment: Environment, path: Path) -> None:
    """The bundled reference is tested only where nothing suggests that something else is meant."""
    given = [name for name in OF_DEPLOYMENTS if name in environment.model_fields_set]
    given += sorted(v for v, value in os.environ.items() if _ours(v) and not value)
    if given:
        raise DeploymentError(
            f"{', '.join(given)} given, but no chat_url: set {PREFIX}CHAT_URL (or chat_url), or"
            " leave them out to test the bundled reference"
        )
    if not environment.reference.bundled:
        raise DeploymentError(
            f"the environment {path.stem} names no address: set {PREFIX}CHAT_URL"
            " (or chat_url in its file)"
        )
