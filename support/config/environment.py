"""Where the suite runs and by what measure: the tables of settings, as one validated `Environment`.

Every number has bounds on both sides; `support.config.sources` says where settings come from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from support.config.addresses import checked_address
from support.config.errors import LeftOut
from support.config.policy import Policy
from support.config.safety import MOST
from support.config.secret_names import secrets_among
from support.config.written import Listed, Table, from_json

#: What the verdict calls the deployment where the suite starts it itself.
REFERENCE_NAME = "bundled reference – not your deployment"

DAY_S = 86_400
SEEDS = 2**63 - 1
MAX_DELAY_MS = 60_000

#: Twice what the critical gate asks of a deployment with the sizes as they come.
DEFAULT_QUESTIONS = 7_500


class Section(BaseModel):
    """A table of an environment file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class StaticUser(Section):
    """A person who exists already: a token of theirs, and the id the deployment knows them by.

    Without the id nobody can tell whose events theirs are: only for one identity shared by all.
    """

    user_id: str | None = None
    token: SecretStr


class Tokens(Section):
    """What tokens look like where that differs from the dialect's defaults.

    A list is signed as a list. Variables and flags give one as JSON: `["chat", "api"]`.
    """

    issuer: str | None = None
    audience: Annotated[str | list[str] | None, NoDecode] = None
    scope: Annotated[str | list[str] | None, NoDecode] = None
    lifetime_s: int = Field(default=900, ge=1, le=365 * DAY_S)

    @field_validator("audience", "scope", mode="before")
    @classmethod
    def _text_or_list(cls, value: object) -> object:
        """What is no list stays the text it is, even if it is all digits."""
        if isinstance(value, str) and value.startswith("["):
            value = from_json(value, "a text or a JSON list of texts is expected")
        if value == []:
            raise ValueError("an empty list names nothing: leave it out")
        return value


class Sizes(Section):
    """How much a scenario asks of the deployment; small for one with a slow or costly model.

    `total_messages` is how many messages several users may send together; below what a scenario
    names, that one is not assessed. `connects` is how often people connect and leave to measure
    how long connecting takes.

    `other_connections` of other people may be opened while connections are counted;
    `history` is how many events may be written to see the oldest of them expire; `storm` is how
    many users are cut off at once, `large_crowd` how many are connected at once under stress.
    Limits that the deployment announces are tried up to `connections` of one user,
    `messages_per_s` and `message_bytes`; what is announced above that is not assessed.
    `buffers_mb` may be kept by kernels and proxies on the way before anything waits in the
    deployment; it is 5 if not given, and 1 for the bundled service,
    which has its kernel keep little.
    """

    group: int = Field(default=5, ge=2, le=1000)
    messages: int = Field(default=100, ge=1, le=100_000)
    total_messages: int = Field(default=300, ge=1, le=100_000)
    load_users: int = Field(default=8, ge=1, le=1000)
    load_runs: int = Field(default=27, ge=1, le=100_000)
    long_runs: int = Field(default=60, ge=1, le=100_000)
    connects: int = Field(default=200, ge=5, le=100_000)
    pings: int = Field(default=20, ge=1, le=1000)
    other_connections: int = Field(default=0, ge=0, le=10_000_000)
    history: int = Field(default=4000, ge=1, le=10_000_000)
    connections: int = Field(default=50, ge=1, le=10_000)
    messages_per_s: float = Field(default=500, ge=1, le=10_000)
    message_bytes: int = Field(default=1024 * 1024, ge=1024, le=16 * 1024 * 1024)
    storm: int = Field(default=50, ge=2, le=1000)
    large_crowd: int = Field(default=5000, ge=2, le=20_000)
    buffers_mb: float | None = Field(default=None, ge=0.01, le=1000)


class Patience(Section):
    """Deadlines in seconds, stretched by `scale`; figures named in a sentence never are.

    A run may take `answer_s`, times `scale`: its budget, shown in the report.

    A deployment whose heartbeat is slower than `heartbeat_s` is not assessed for it. `idle_hold`
    is for how long a conversation is left quiet (`90`, `30m`, `24h`); 3.5 heartbeats if it is not
    given. `soak` is for how long many users chat in a soak.

    A run on several processes ends after `whole_run_s`, and `after_rejection_s` after a failure
    by which it can only be rejected; both with a sealed verdict. Unset, `whole_run_s` is 600, and
    of a deployment as long as it takes at 5 s an answer, if that is more; `after_rejection_s` is
    60, and as little as 30 where that failure came late.
    """

    connect_s: float = Field(default=5.0, ge=0.01, le=600)
    answer_s: float = Field(default=10.0, ge=0.01, le=3600)
    http_s: float = Field(default=5.0, ge=0.01, le=600)
    fence_s: float = Field(default=5.0, ge=0.01, le=600)
    heartbeat_s: float = Field(default=60.0, ge=0.01, le=600)
    scale: float = Field(default=1.0, ge=0.01, le=100)
    idle_hold: float | None = Field(default=None, ge=0.01, le=7 * DAY_S)
    soak: float = Field(default=120.0, ge=0.01, le=7 * DAY_S)
    whole_run_s: float | None = Field(default=None, ge=1, le=7 * DAY_S)
    after_rejection_s: float = Field(default=60.0, ge=0, le=7 * DAY_S)

    @property
    def run_budget_s(self) -> float:
        """How long a run may take before it counts as never ended."""
        return self.answer_s * self.scale

    @field_validator("idle_hold", "soak", "whole_run_s", "after_rejection_s", mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
        if isinstance(value, str) and value[-1:] in units:
            try:
                return float(value[:-1]) * units[value[-1]]
            except ValueError:
                raise ValueError("a duration such as 90, 30m or 24h is expected") from None
        return value


class Reconnect(Section):
    """How a user's app comes back by itself: pauses in seconds, each twice the one before.

    `scale` multiplies every time in here, so that a gate need not take as long as real outages do;
    the ratios stay. Of each pause the share `jitter` is left to chance, by `seed` and user.
    `attempts` and `breaker_failures` are what the features say.
    """

    base_s: float = Field(default=1.0, ge=0.001, le=3600)
    cap_s: float = Field(default=8.0, ge=0.001, le=3600)
    jitter: float = Field(default=0.5, ge=0, le=1)
    attempts: int = Field(default=5, ge=5, le=5)
    breaker_failures: int = Field(default=5, ge=5, le=5)
    cool_down_s: float = Field(default=16.0, ge=0.001, le=3600)
    scale: float = Field(default=0.05, ge=0.0001, le=100)
    seed: int = Field(default=0, ge=-SEEDS, le=SEEDS)

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """The longest pause before each attempt: what jitter may shorten, by its share."""
        doubled = (self.base_s * 2.0**n for n in range(self.attempts))
        return tuple(min(self.cap_s, pause_s) * self.scale for pause_s in doubled)

    def ensure_pauses(self, count: int, within_s: float) -> None:
        """Raise `LeftOut` where the pauses before so many attempts may take longer than that."""
        pauses_s = sum(self.pauses_s[:count])
        if pauses_s > within_s:
            text = f"an app may pause for {pauses_s:.3g} s here, longer than {within_s:g} s"
            raise LeftOut(f"{text} (reconnect.scale)")

    def ensure_return(self, count: int, within_s: float) -> None:
        """Raise `LeftOut` where so many pauses may take more than half of the limit on a return.

        The other half is the service's: else what fails may be our own pauses.
        """
        pauses_s = sum(self.pauses_s[:count])
        if pauses_s > within_s / 2:
            text = f"an app may pause for {pauses_s:.3g} s here, more than half of {within_s:g} s"
            raise LeftOut(f"{text} (reconnect.scale)")


class Chaos(Section):
    """A bad network: chances by message, `delay_ms` from and to, each way; `seed` decides all.

    `users` each ask `questions`, and everybody must end with the whole story `within_s` seconds.
    """

    on: bool = True
    seed: int = Field(default=8, ge=-SEEDS, le=SEEDS)
    disconnect: float = Field(default=0.1, ge=0, le=1)
    loss: float = Field(default=0.05, ge=0, le=1)
    delay_ms: Annotated[tuple[float, float], *Listed] = (100.0, 500.0)
    slice_bytes: int = Field(default=64, ge=1, le=1_000_000)
    users: int = Field(default=6, ge=2, le=1000)
    questions: int = Field(default=4, ge=1, le=1000)
    within_s: float = Field(default=60.0, ge=0.01, le=3600)

    @property
    def patience_s(self) -> float:
        """After how long a silence something must have been lost: two round trips, and some."""
        return 4 * self.delay_ms[1] / 1000 + 0.2

    @field_validator("delay_ms")
    @classmethod
    def _range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] <= value[1] <= MAX_DELAY_MS:
            raise ValueError(
                "a range such as [100, 500] is expected, from its lower to its upper end,"
                f" within 0 and {MAX_DELAY_MS}"
            )
        return value


class Budget(Section):
    """What a run may ask in all; more is refused before the first question.

    Unset: as much as it takes for the bundled reference, and `DEFAULT_QUESTIONS` elsewhere.
    """

    questions: int | None = Field(default=None, ge=1, le=10_000_000)


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
    timeout_s: float = Field(default=60.0, ge=0.01, le=3600)


class Reference(Section):
    """The bundled reference service, used where nothing points to a deployment.

    `lawful` are variants of it that keep the contract in another way (`greenlight variants`).
    `handshake_deadline_s` is what it promises; of a deployment, the environment's own holds.
    `wire` is the format it speaks: the contract's, or one that needs another `dialect`.
    """

    bundled: bool = False
    wire: Literal["agent-chat", "cursors", "graphql"] = "agent-chat"
    defects: Annotated[list[str], *Listed] = []
    lawful: Annotated[list[str], *Listed] = []
    handshake_deadline_s: float | None = Field(default=None, ge=0.1, le=600)
    settings: Table = {}


class Environment(BaseSettings):
    """All settings of a run. `chat_url` absent: the reference service, if `reference.bundled`.

    `expect_build`: the build that must be deployed, or the run decides nothing.

    `allowed_origin`: the site whose pages may connect, where it is not the dialect's own.

    `safe`: real people depend on the deployment. What others could notice, or what could do damage,
    is left out (`support/config/safety.py`), and settings are capped; `reduced` tells which.
    `ca_file` (PEM) holds the authorities to trust instead of those that browsers know. `plain_url`
    is a further address at which nobody may be served without encryption, such as port 80.
    `accounts`: "fresh" for new accounts in each run, "reuse" (default) to use those of earlier runs
    again, kept in `accounts_file` with their passwords. The bundled reference gets fresh ones.
    `dialect`: how the backend is spoken, by name or as the path of a TOML file; `variables` are
    values of its own that the file asks for, and secrets where their names say so
    (`support/config/secret_names.py`). `single_user`: only one person will ever use this
    deployment, so that a run without a proof of isolation can be approved, for a single user.
    `reports_kept`: how many runs stay in the folder for reports, this one included.
    `handshake_deadline_s`: within this an unfinished handshake is cut, where that is promised.
    """

    model_config = SettingsConfigDict(extra="forbid")

    name: str = "local"
    dialect: str = "agent-chat-v1"
    variables: dict[str, str] = {}
    single_user: bool = False
    expect_build: str | None = Field(default=None, min_length=1, max_length=100)
    chat_url: str | None = None
    auth_url: str | None = None
    plain_url: str | None = None
    ca_file: Path | None = None
    sign_in: Literal["service", "mint", "static"] = "service"
    accounts: Literal["fresh", "reuse"] | None = None
    accounts_file: Path | None = None
    jwt_secret: SecretStr | None = None
    allowed_origin: str | None = None
    users: list[StaticUser] = []
    use_proxy: bool = False
    safe: bool = False
    handshake_deadline_s: float | None = Field(default=None, ge=0.1, le=600)
    max_frame_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024)
    reports: Path = Path("reports")
    reports_kept: int = Field(default=20, ge=1, le=10_000)
    html: bool = True
    tokens: Tokens = Tokens()
    sizes: Sizes = Sizes()
    patience: Patience = Patience()
    reconnect: Reconnect = Reconnect()
    chaos: Chaos = Chaos()
    budget: Budget = Budget()
    control: Control = Control()
    reference: Reference = Reference()
    policy: Policy = Policy()
    _reduced: dict[str, tuple[int, int]] = PrivateAttr(default_factory=dict)
    _own: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def _small_where_safe(self) -> Environment:
        """However the environment was put together, no size is larger than safe mode allows."""
        if self.safe:
            for dotted, most in MOST.items():
                table, _, key = dotted.partition(".")
                section = getattr(self, table)
                if (asked := getattr(section, key)) > most:
                    setattr(self, table, section.model_copy(update={key: most}))
                    if key in section.model_fields_set:
                        self._reduced[dotted] = (asked, most)
        return self

    @property
    def own(self) -> bool:
        """True where `name` is not that of the suite's file that says all this."""
        return self._own

    def comes_from(self, name: str, *, bundled: bool) -> None:
        """Note the file that says all this: its name, and whether it is one of the suite's own."""
        self._own = not bundled or self.name != name

    @property
    def reduced(self) -> dict[str, tuple[int, int]]:
        """Settings that were given and are too large for safe mode: asked for, and used instead."""
        return dict(self._reduced)

    @field_validator("chat_url", "auth_url", "plain_url")
    @classmethod
    def _is_address(cls, value: str | None, info: Any) -> str | None:
        if value is None:
            return None
        more = ["ws", "wss"] if info.field_name != "auth_url" else []
        return checked_address(value, ["http", "https", *more])

    @property
    def uses_reference(self) -> bool:
        """True where the suite starts the bundled service itself."""
        return self.chat_url is None

    @property
    def target_name(self) -> str:
        """What reports call the deployment."""
        return self.chat_url or REFERENCE_NAME

    @property
    def kept_accounts(self) -> Path | None:
        """The file of accounts that are used again; None where all accounts are fresh, or given."""
        if self.uses_reference or self.sign_in != "service" or self.accounts == "fresh":
            return None
        return self.accounts_file or Path(".greenlight-accounts.json")

    @property
    def question_budget(self) -> int | None:
        """The most questions that a run may ask; None for as many as it takes."""
        if self.budget.questions is not None or self.uses_reference:
            return self.budget.questions
        return DEFAULT_QUESTIONS

    @property
    def handshake_cut_within_s(self) -> float | None:
        """Within this an unfinished handshake is cut; None where nobody promises it."""
        own = self.reference.handshake_deadline_s if self.uses_reference else None
        return own if self.handshake_deadline_s is None else self.handshake_deadline_s

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
        secrets = {label: s.get_secret_value() for label, s in found.items() if s is not None}
        secrets |= secrets_among(self.variables)
        for name, value in self.reference.settings.items():
            if name.endswith("secret"):
                secrets[name] = value
            elif name.endswith("operators"):  # email:password[:scopes],…
                fields = (person.split(":") for person in value.split(","))
                secrets |= {f"password of {f[0]}": f[1] for f in fields if len(f) > 1}
        return secrets

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
