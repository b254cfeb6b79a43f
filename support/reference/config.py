"""The settings of each of the two processes, read from its own environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Self

CHAT_STORE = "chat.db"


class ConfigError(Exception):
    """A setting is missing, unknown or cannot be read; the text says which, in one line."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What both services need. Field ``x`` is read from ``<PREFIX>_X``."""

    prefix: ClassVar[str]
    jwt_secret: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    run_dir: str = "."
    issuer: str = "agent-chat-auth"
    audience: str = "agent-chat"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the configuration in ``environment``; raise ConfigError for what is wrong."""
        values: dict[str, Any] = {}
        for spec in fields(cls):
            variable = cls.variable(spec.name)
            if environment.get(variable):
                values[spec.name] = _parsed(variable, environment[variable], spec.default)
            elif spec.default is MISSING:
                raise ConfigError(f"{variable} is not set")
        return cls(**values)

    @classmethod
    def variable(cls, name: str) -> str:
        """Return the environment variable of the setting ``name``."""
        return f"{cls.prefix}_{name.upper()}"


@dataclass(frozen=True, kw_only=True)
class AuthConfig(Config):
    """Settings of the auth service (``AUTH_…``). Times in seconds.

    ``operators`` seeds users: ``email:password`` or ``email:password:scope scope``, separated by
    commas; without scopes such a user gets ``chat operator``.
    """

    prefix: ClassVar[str] = "AUTH"
    access_ttl_s: float = 900.0
    refresh_ttl_s: float = 86_400.0
    operators: str = field(default="", repr=False)
    password_rounds: int = 5_000


@dataclass(frozen=True, kw_only=True)
class ChatConfig(Config):
    """Settings of the chat backend (``CHAT_…``). Times in seconds, sizes in bytes.

    ``wire`` is the format that it speaks: ``agent-chat``, the contract's, or one of ``formats``.
    """

    prefix: ClassVar[str] = "CHAT"
    wire: str = "agent-chat"
    origins: str = "https://chat.example.test"
    heartbeat_s: float = 20.0
    message_bytes: int = 65_536
    retained_events: int = 10_000
    messages_per_s: float = 100.0
    connections_per_user: int = 20
    runs_per_user: int = 500
    refusals_in_a_row: int = 500
    unsent_bytes: int = 4 * 1024 * 1024
    handshake_s: float = 5.0
    close_s: float = 2.0
    drain_s: float = 0.3
    retry_after_s: float = 1.0
    step_s: float = 0.001

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins from which a browser may connect."""
        return frozenset(origin.strip() for origin in self.origins.split(",") if origin.strip())


def variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for settings such as ``{"chat.heartbeat_s": "2"}``.

    Raises ConfigError for a service, a name or a value that does not exist.
    """
    kinds: dict[str, type[Config]] = {"auth": AuthConfig, "chat": ChatConfig}
    found: dict[str, str] = {}
    for key, text in settings.items():
        service, _, name = key.partition(".")
        kind = kinds.get(service)
        if kind is None or name not in {spec.name for spec in fields(kind)}:
            raise ConfigError(f"unknown setting {key!r}; see config.py for those there are")
        default = next(spec.default for spec in fields(kind) if spec.name == name)
        _parsed(key, text, default)
        found[kind.variable(name)] = text
    return found


def _parsed(variable: str, text: str, default: object) -> object:
    wanted: type[Any] = str if default is MISSING else type(default)
    try:
        return wanted(text)
    except ValueError:
        raise ConfigError(f"{variable} must be a {wanted.__name__}") from None
