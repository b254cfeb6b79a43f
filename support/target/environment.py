"""Where the suite runs and by what measure: one validated `Environment` from three sources.

Weakest first: a TOML file, environment variables (`GREENLIGHT_…`, nested with `__`), `-D` flags of
the command line. Whatever is unknown or wrong is refused by name.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from support.target.errors import TargetError
from support.target.policy import Policy

ENVIRONMENTS = Path(__file__).parent / "environments"
PREFIX = "GREENLIGHT_"

#: Read besides ours, because other tools of the field set them.
ALIASES = {"WEBSOCKET_TEST_URL": "chat_url"}

#: Short forms of `-D` flags.
FLAG_NAMES = {
    "defect": "reference.defects",
    "latency_ms": "policy.average_latency_ms",
    "idle_hold": "patience.idle_hold",
    "chaos": "chaos.on",
    "seed": "chaos.seed",
}

#: Names that the project uses in the process environment for other ends.
NOT_SETTINGS = {"GREENLIGHT_REFERENCE_SECRET"}


class Section(BaseModel):
    """A table of an environment file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class StaticUser(Section):
    """A person who exists already: the id the target knows them by, and a token of theirs."""

    user_id: str
    token: SecretStr


class Tokens(Section):
    """What tokens look like where that differs from the dialect's defaults."""

    issuer: str | None = None
    audience: str | None = None
    scope: str | None = None
    lifetime_s: int = Field(default=900, gt=0)


class Sizes(Section):
    """How much a scenario asks of the target; small for one with a slow or costly model.

    `strangers` are connections of other people that may come while connections are counted;
    `history` is how many events may be written to see the oldest of them expire; `storm` is how
    many users are cut off at once. `buffers_mb` may be kept by kernels and proxies on the way
    before anything waits in the target; it is 5 if not given, and 1 for the bundled service, which
    has its kernel keep little.
    """

    crowd: int = Field(default=5, ge=2, le=1000)
    messages: int = Field(default=100, ge=1, le=100_000)
    load_users: int = Field(default=8, ge=1, le=1000)
    load_runs: int = Field(default=27, ge=1, le=100_000)
    long_runs: int = Field(default=60, ge=1, le=100_000)
    visits: int = Field(default=200, ge=5, le=100_000)
    pings: int = Field(default=5, ge=1, le=1000)
    strangers: int = Field(default=0, ge=0)
    history: int = Field(default=4000, ge=1)
    storm: int = Field(default=50, ge=2, le=1000)
    buffers_mb: float | None = Field(default=None, gt=0)


class Patience(Section):
    """Deadlines in seconds. A scenario's own words ("within 5 seconds") are scaled by `scale`.

    A target whose heart beats more slowly than `heartbeat_s` is not waited for. A handshake that is
    never completed must be cut within `handshake_s`. `idle_hold` is for
    how long a conversation is left quiet (`90`, `30m`, `24h`); 3.5 heartbeats if it is not given.
    """

    connect_s: float = Field(default=5.0, gt=0)
    answer_s: float = Field(default=10.0, gt=0)
    http_s: float = Field(default=5.0, gt=0)
    fence_s: float = Field(default=5.0, gt=0)
    heartbeat_s: float = Field(default=5.0, gt=0)
    handshake_s: float = Field(default=30.0, gt=0)
    scale: float = Field(default=1.0, gt=0)
    idle_hold: float | None = Field(default=None, gt=0)

    @field_validator("idle_hold", mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
        if isinstance(value, str) and value[-1:] in units:
            try:
                return float(value[:-1]) * units[value[-1]]
            except ValueError:
                raise ValueError("a duration such as 90, 30m or 24h is expected") from None
        return value


class Healing(Section):
    """How a user's app comes back by itself: pauses in seconds, each twice the one before.

    `scale` multiplies every time in here, so that a gate need not take as long as real outages do;
    the ratios stay. Of each pause the share `jitter` is left to chance, by `seed` and user.
    """

    base_s: float = Field(default=1.0, gt=0)
    cap_s: float = Field(default=8.0, gt=0)
    jitter: float = Field(default=0.5, ge=0, le=1)
    attempts: int = Field(default=5, ge=1, le=100)
    breaker_failures: int = Field(default=5, ge=1)
    cool_down_s: float = Field(default=16.0, gt=0)
    scale: float = Field(default=0.05, gt=0)
    seed: int = 0

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """The longest pause before each attempt: what jitter may shorten, by its share."""
        doubled = (self.base_s * 2.0**n for n in range(self.attempts))
        return tuple(min(self.cap_s, pause_s) * self.scale for pause_s in doubled)


class Chaos(Section):
    """A bad network: chances by message, `delay_ms` from and to, each way; `seed` decides all.

    `users` each ask `questions`, and everybody must end with the whole story `within_s` seconds.
    """

    on: bool = True
    seed: int = 8
    disconnect: float = Field(default=0.1, ge=0, le=1)
    loss: float = Field(default=0.05, ge=0, le=1)
    delay_ms: tuple[float, float] = (100.0, 500.0)
    slice_bytes: int = Field(default=64, ge=1)
    users: int = Field(default=6, ge=2, le=1000)
    questions: int = Field(default=4, ge=1, le=1000)
    within_s: float = Field(default=60.0, gt=0)

    @property
    def patience_s(self) -> float:
        """After how long a silence something must have been lost: two round trips, and some."""
        return 4 * self.delay_ms[1] / 1000 + 0.2

    @field_validator("delay_ms")
    @classmethod
    def _range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] <= value[1]:
            raise ValueError("a range such as [100, 500] is expected")
        return value


class Control(Section):
    """Shell commands that stop, start and kill the chat backend; all three or none.

    Those for the auth service and the store of the chat backend are given in pairs.
    """

    stop: str | None = None
    start: str | None = None
    kill: str | None = None
    stop_auth: str | None = None
    start_auth: str | None = None
    stop_store: str | None = None
    start_store: str | None = None
    timeout_s: float = Field(default=60.0, gt=0)


class Reference(Section):
    """The bundled reference service, used where an environment names no address."""

    bundled: bool = False
    defects: list[str] = []
    settings: dict[str, str] = {}

    @field_validator("defects", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [v for v in value.split(",") if v] if isinstance(value, str) else value

    @field_validator("settings", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """On the command line they are written `chat.heartbeat_s=9,chat.close_s=1`."""
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(",")]
        return {key: setting for key, _, setting in pairs}


class Environment(BaseSettings):
    """Everything a run is told. `chat_url` absent: the reference service is started for it.

    `allowed_origin`: the site whose pages may connect, where it is not the dialect's own.

    `safe`: real people depend on the target, so what could hurt it is left out and said to be.
    `ca_file` (PEM) holds the authorities to trust instead of those that browsers know. `plain_url`
    is a further address at which nobody may be served without encryption, such as port 80.
    """

    model_config = SettingsConfigDict(extra="forbid")

    name: str = "local"
    dialect: str = "agent-chat-v1"
    chat_url: str | None = None
    auth_url: str | None = None
    plain_url: str | None = None
    ca_file: Path | None = None
    sign_in: Literal["service", "mint", "static"] = "service"
    jwt_secret: SecretStr | None = None
    allowed_origin: str | None = None
    users: list[StaticUser] = []
    use_proxy: bool = False
    safe: bool = False
    max_frame_bytes: int = Field(default=4 * 1024 * 1024, gt=0)
    reports: Path = Path("reports")
    html: bool = True
    tokens: Tokens = Tokens()
    sizes: Sizes = Sizes()
    patience: Patience = Patience()
    healing: Healing = Healing()
    chaos: Chaos = Chaos()
    control: Control = Control()
    reference: Reference = Reference()
    policy: Policy = Policy()

    @field_validator("chat_url", "auth_url", "plain_url")
    @classmethod
    def _is_address(cls, value: str | None, info: Any) -> str | None:
        schemes = ["http", "https"] + (["ws", "wss"] if info.field_name != "auth_url" else [])
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:
            raise ValueError(f"an address such as {schemes[-1]}://chat.example.test is expected")
        if parts.username or parts.password or parts.query:
            raise ValueError("an address without user name, password or query is expected")
        return value.rstrip("/")

    @property
    def uses_reference(self) -> bool:
        """True where the suite starts the bundled service itself."""
        return self.chat_url is None

    @property
    def buffers_mb(self) -> float:
        """What kernels and proxies on the way may keep, in megabytes of 10^6 bytes."""
        return self.sizes.buffers_mb or (1.0 if self.uses_reference else 5.0)

    def secrets(self) -> dict[str, str]:
        """Every secret that came in by configuration, by a label that may be shown."""
        found = {
            "signing secret": self.jwt_secret,
            **{f"token of static user {n}": user.token for n, user in enumerate(self.users, 1)},
        }
        told = {label: s.get_secret_value() for label, s in found.items() if s is not None}
        for name, value in self.reference.settings.items():
            if name.endswith("secret"):
                told[name] = value
            elif name.endswith("operators"):  # email:password[:scopes],…
                fields = (person.split(":") for person in value.split(","))
                told |= {f"password of {f[0]}": f[1] for f in fields if len(f) > 1}
        return told

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_environment` hands in: it has merged the sources already."""
        return (init_settings,)


def load_environment(flags: Mapping[str, str] | None = None) -> Environment:
    """The environment of this run.

    `flags` are the `-D` pairs (`environment`, `chat_url`, `sizes.messages`, `defect`, …). Raises
    `TargetError` in one or two lines that name the key and what is expected.
    """
    given = dict(flags or {})
    name = given.pop("environment", None) or os.environ.get(f"{PREFIX}ENVIRONMENT") or "local"
    path, content = _read_file(name)
    merged: dict[str, Any] = {"name": path.stem}
    for source in (content, _aliases(), _variables(), _nested(given)):
        merged = _merge(merged, source)
    try:
        environment = Environment(**merged)
    except ValidationError as error:
        raise TargetError(_explain(error, path)) from None
    _refuse_contradictions(environment, path)
    return environment


def _read_file(name: str) -> tuple[Path, dict[str, Any]]:
    named = Path(name).suffix == ".toml" or os.sep in name
    path = Path(name) if named else ENVIRONMENTS / f"{name}.toml"
    try:
        return path, tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if named:
            raise TargetError(f"there is no environment file {name}") from None
        known = sorted(p.stem for p in ENVIRONMENTS.glob("*.toml"))
        raise TargetError(
            f"there is no environment {name!r}; there are: {', '.join(known)}"
            " (or give the path of a TOML file)"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"{path} is not valid TOML: {error}") from None
    except OSError as error:
        raise TargetError(f"can not read {path}: {error.strerror}") from None


def _variables() -> dict[str, Any]:
    known = {field.upper() for field in Environment.model_fields} | {"ENVIRONMENT"}
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable not in NOT_SETTINGS:
            setting = variable.removeprefix(PREFIX).split("__")[0].upper()
            if setting not in known:
                near = get_close_matches(setting, known, n=1)
                hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
                raise TargetError(f"the environment variable {variable} is no setting{hint}")
    try:
        source = EnvSettingsSource(
            Environment, env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True
        )
        return dict(source())
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        variable = f"{PREFIX}{field[1].upper()}" if field else "one"
        raise TargetError(f"the environment variable {variable} is wrong: no valid JSON") from None


def _aliases() -> dict[str, Any]:
    return {key: os.environ[name] for name, key in ALIASES.items() if os.environ.get(name)}


def _nested(flags: Mapping[str, str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for dotted, value in flags.items():
        keys = FLAG_NAMES.get(dotted, dotted).split(".")
        table = nested
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise TargetError(f"{dotted} can not be set: {key} was given a value of its own")
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
        if problem["type"] == "extra_forbidden":
            near = get_close_matches(key, _settings(Environment), n=1)
            lines.append(f"{key} is no setting" + (f"; did you mean {near[0]}?" if near else ""))
        elif problem["type"] == "model_type":
            lines.append(f"{key} is a table: set {key}.NAME")
        else:
            lines.append(f"{key}: {problem['msg'].removeprefix('Value error, ')}")
    return f"the environment {path.stem} is wrong: " + "; ".join(lines)


def _settings(table: type[BaseModel], above: str = "") -> list[str]:
    names = []
    for name, field in table.model_fields.items():
        names.append(above + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += _settings(field.annotation, f"{above}{name}.")
    return names


def _refuse_contradictions(environment: Environment, path: Path) -> None:
    control = environment.control
    given = [bool(command) for command in (control.stop, control.start, control.kill)]
    if any(given) and not all(given):
        raise TargetError("control needs all of stop, start and kill, or none of them")
    for part in ("auth", "store"):
        pair = [bool(getattr(control, f"{action}_{part}")) for action in ("stop", "start")]
        if any(pair) and not all(pair):
            raise TargetError(f"control needs both of stop_{part} and start_{part}, or neither")
    if environment.uses_reference:
        if path.stem != "local" and not environment.reference.bundled:
            raise TargetError(
                f"the environment {path.stem} names no address: set {PREFIX}CHAT_URL"
                " (or chat_url in its file)"
            )
        return
    if environment.reference.defects:
        raise TargetError("defects can be put into the bundled reference alone, not into chat_url")
    if environment.sign_in == "service" and environment.auth_url is None:
        raise TargetError(f"sign_in = service needs {PREFIX}AUTH_URL (or auth_url)")
    if environment.sign_in == "mint" and not environment.secrets().get("signing secret"):
        raise TargetError(f"sign_in = mint needs {PREFIX}JWT_SECRET (or jwt_secret)")
    if environment.sign_in == "static" and not environment.users:
        raise TargetError("sign_in = static needs at least one entry in users")
