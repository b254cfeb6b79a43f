"""The deployment under test: addresses, dialect, sign-in, and what it can do."""

from __future__ import annotations

import socket
import ssl
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from support.config.clock import TargetClock
from support.config.environment import REFERENCE_NAME, Environment, Patience
from support.config.errors import DeploymentError, DeploymentUnavailable, NotOffered
from support.config.safety import KINDS, NotSafe, Safety
from support.config.secret_names import secrets_among
from support.deployment.control import Controller, Part, ReferenceController, ShellController
from support.deployment.http import (
    Answer,
    Fetched,
    HttpClient,
    health_status,
    is_healthy,
    metric,
)
from support.deployment.misses import Misses
from support.deployment.reference import ReferenceService
from support.deployment.tls import (
    Certificate,
    Offer,
    PlaintextReply,
    certificate,
    client_context,
    handshake,
    host_and_port,
    is_secure,
    outdated,
    plaintext_request,
    trouble,
)
from support.dialects import Dialect, Person, load_dialect
from support.dialects.expressions import compiled
from support.journal import Redactor

#: What a scenario may ask for with `@needs.…`, and how to say that it is not there.
CAPABILITIES = {
    "issue_tokens": "tokens are not issued by an auth service in this environment",
    "forge_tokens": "the signing secret is not known, so no token can be forged",
    "streams": "users of this kind of backend subscribe to nothing ([send.subscribe])",
    "resume": "this kind of backend cannot resume",
    "replay": "this kind of backend does not send what was missed event by event",
    "resubscribe": "this kind of backend may reject a second subscription on a connection"
    " ([resume] again)",
    "idempotent": "this kind of backend runs a question again that is sent again",
    "positions": "users of this kind of backend do not subscribe to events with positions",
    "clock": "this kind of backend tells no server_time, so clocks cannot be compared",
    "own_identity": "all users of this deployment share one identity",
    "application_ping": "this kind of backend answers no application ping",
    "health": "this kind of backend has no health endpoint",
    "metrics": "this kind of backend publishes no metrics",
    "announcements": "this kind of backend makes no announcements, or nobody here may make them",
    "handshake_deadline": "no deadline for an unfinished handshake is promised here"
    " (handshake_deadline_s)",
    "tls": "this environment does not use TLS (ws://): assess it on staging",
    "restart_notice": "this kind of backend does not announce that it restarts",
    "chaos": "chaos is switched off in this environment (chaos.on), or users do not subscribe to"
    " events with positions, by which an app sees that one was lost",
    "p99_latency": "the 99th percentile is left out here (policy.leave_out), or needs more messages"
    " than safe mode sends",
    "restart": "no commands that stop and start the backend were given ([control] stop, start)",
    "auth_outage": "no commands that stop and start the auth service were given"
    " ([control] stop_auth, start_auth)",
    "store_outage": "no commands that stop and start the store were given"
    " ([control] stop_store, start_store)",
}
#: Why none can be forged where the secret is known.
NO_TOKEN_SHAPE = "the dialect does not say what tokens look like ([tokens]), so none can be forged"
#: Every name that `@needs.…` may be followed by.
NEEDS = {*CAPABILITIES, *KINDS}
_CONTROLLED: dict[Part, str] = {"chat": "restart", "auth": "auth_outage", "store": "store_outage"}
#: Capabilities that safe mode makes no use of, by the kind of action; so are the kinds themselves.
_UNSAFE = {"announcements": "announcements", **dict.fromkeys(_CONTROLLED.values(), "control")}


def run_budget_s(environment: Environment) -> float:
    """How long a run may take there: as the environment says, or else its dialect.

    The environment's own figure where the dialect cannot be read; opening the deployment says why.
    """
    try:
        patience = patience_with(environment, load_dialect(environment.dialect))
    except DeploymentError:
        patience = environment.patience
    return patience.run_budget_s


def patience_with(environment: Environment, dialect: Dialect) -> Patience:
    """Where the environment says nothing of a deadline, the dialect's own budget counts."""
    budgets, patience = dialect.data.budgets, environment.patience
    wanted = {"connect_s": budgets.connect_s, "answer_s": budgets.answer_s}
    slower = {
        name: value
        for name, value in wanted.items()
        if value is not None and name not in patience.model_fields_set
    }
    return patience.model_copy(update=slower)


class Deployment:
    """A deployment, found and ready to be spoken to. `close()` ends what was started for it."""

    def __init__(
        self,
        environment: Environment,
        run_dir: Path,
        redactor: Redactor | None = None,
        fetched: Fetched | None = None,
    ) -> None:
        """Start the reference service if the environment names no address.

        `redactor` is told every secret that comes up; `fetched`, every answer that anyone gets
        (health, metrics, public keys). Raises `DeploymentError` when a setting is
        wrong or the reference does not start.
        """
        self.environment = environment
        #: What stands before every action that safe mode leaves out or slows down.
        self.safety = Safety(environment.safe)
        self.redactor = redactor or Redactor()
        #: What encrypted connections are verified with.
        self.tls = client_context(environment.ca_file)
        self.dialect: Dialect = load_dialect(environment.dialect)
        ensure_told(environment, self.dialect)
        for name, value in secrets_among(self.person().values).items():
            ensure_not_compared(name, value, self.dialect)
            self.redactor.add_secret(value, name)
        environment.patience = patience_with(environment, self.dialect)
        #: Whether a run has ended: the first may take the dialect's `warm_up_s` longer.
        self.warmed_up = False
        #: What it failed to send: waited for less long the next time.
        self.misses = Misses()
        self.clock = TargetClock()
        self.service: ReferenceService | None = None
        self.signing_secret = (
            environment.jwt_secret.get_secret_value() if environment.jwt_secret else None
        )
        chat, auth = environment.chat_url, environment.auth_url
        if chat is None:
            reference = environment.reference
            self.service = ReferenceService(run_dir, reference, self.redactor)
            chat, auth = self.service.addresses["chat_url"], self.service.addresses["auth_url"]
            self.signing_secret = self.signing_secret or self.service.secret
        self.chat_base, self._socket_base, self._own_path = _chat_addresses(chat)
        timeout_s = environment.patience.http_s
        client = partial(
            HttpClient,
            timeout_s=timeout_s,
            use_proxy=environment.use_proxy,
            ca_file=environment.ca_file,
            fetched=fetched,
        )
        self.chat_http = client(self.chat_base)
        self.auth_http = client(auth) if auth else None

    def person(self) -> Person:
        """What the dialect keeps for a new user."""
        return Person(self.dialect.data.variables | self.environment.variables)

    @property
    def warm_up_s(self) -> float:
        """How much longer than any other answer the first may take."""
        return 0.0 if self.warmed_up else self.dialect.data.budgets.warm_up_s or 0.0

    @property
    def name(self) -> str:
        """How people call it: its address, or the reference service."""
        return REFERENCE_NAME if self.service else self.chat_base

    @property
    def capabilities(self) -> set[str]:
        """What this deployment offers, as far as we were told, and safe mode makes use of."""
        unsafe = {name for name, kind in _UNSAFE.items() if not self.safety.allows(kind)}
        return self._offered() - unsafe

    def lacking(self, needed: str) -> NotOffered | None:
        """Why there is no `@needs.NEEDED` here; None where there is."""
        kind = _UNSAFE.get(needed, needed)
        if kind in KINDS and not self.safety.allows(kind):
            return NotSafe(kind)
        if needed in self._offered() or needed in KINDS:
            return None
        told = self.dialect.data.cannot.get(needed)
        if needed == "forge_tokens" and self.signing_secret:
            told = told or NO_TOKEN_SHAPE
        return NotOffered(told or CAPABILITIES.get(needed, f"the deployment offers no {needed}"))

    def _offered(self) -> set[str]:
        offered = self.dialect.capabilities & set(CAPABILITIES)
        if self.environment.sign_in == "service" and self.dialect.data.http.sign_in:
            offered.add("issue_tokens")
        if self.signing_secret and self.dialect.data.tokens:
            offered.add("forge_tokens")
            if self.dialect.data.http.announce:
                offered.add("announcements")
        if self.environment.handshake_cut_within_s is not None:
            offered.add("handshake_deadline")
        if self.environment.chaos.on and "positions" in offered:
            offered.add("chaos")
        if not self.safety.on and "p99_latency" not in self.environment.policy.leave_out:
            offered.add("p99_latency")
        controller = self._controller()
        parts = controller.parts if controller is not None else ()
        offered.update(_CONTROLLED[part] for part in parts)
        if is_secure(self.socket_url):
            offered.add("tls")
        return offered

    @property
    def socket_url(self) -> str:
        """Where connections are opened, with what the dialect fills in left as it stands."""
        return self.socket_address(self.dialect.data.handshake.path)

    def socket_address(self, path: str) -> str:
        """Where a connection is opened whose path, by the dialect, is `path`.

        A path in the environment's own `ws://…/path` stands in its place; the query stays.
        """
        return socket_address(*self.socket_parts, path)

    @property
    def socket_parts(self) -> tuple[str, str]:
        """Where WebSocket addresses begin, and the environment's own path; empty without one."""
        return self._socket_base, self._own_path

    @property
    def allowed_origin(self) -> str:
        """The site whose pages may connect; raises `NotOffered` where nobody has said."""
        origin = self.environment.allowed_origin or self.dialect.data.handshake.allowed_origin
        if origin is None:
            raise NotOffered("nobody has said which site's pages may connect (allowed_origin)")
        return origin

    @property
    def page_way(self) -> str:
        """How a page, which can set no header, carries its token; `header` if it cannot."""
        ways = self.dialect.data.handshake.ways
        return "subprotocol" if "subprotocol" in ways else "header"

    @property
    def controller(self) -> Controller | None:
        """The means to restart the backend, if any. Raises `NotSafe` in safe mode."""
        self.safety.guard("control")
        return self._controller()

    def _controller(self) -> Controller | None:
        if self.service is not None:
            return ReferenceController(self.service)
        control = self.environment.control
        given = ShellController(control)
        return given if given.parts else None

    def health(self) -> tuple[Answer, bool, str | None]:
        """The health endpoint's answer, whether it says healthy, and the word it used."""
        http = self.dialect.data.http
        answer = self.chat_http.get(http.health or "/")
        return answer, is_healthy(http, answer), health_status(http, answer)

    @property
    def tells_build(self) -> bool:
        """True where the dialect knows where such a backend tells its version."""
        return bool(self.dialect.data.http.build)

    def build(self) -> str:
        """The version the deployment gives for itself; empty where it gives none."""
        http = self.dialect.data.http
        answer = self.chat_http.get(http.health or "/")
        version = compiled(http.build)(answer.body) if http.build else None
        return version[:100] if isinstance(version, str) else ""

    def memory_bytes(self) -> float | None:
        """Resident memory of the chat backend by its own metrics, None where it tells none."""
        return self._metric(self.dialect.data.http.memory_metric)

    def _metric(self, name: str | None) -> float | None:
        path = self.dialect.data.http.metrics
        if path is None or name is None:
            return None
        answer = self.chat_http.get(path)
        return metric(answer.text, name) if answer.status == 200 else None

    def connections(self) -> float | None:
        """Open connections by the deployment's own count, None where it tells none."""
        return self._metric(self.dialect.data.http.connections_metric)

    def ensure_reachable(self) -> None:
        """Raise `DeploymentUnavailable`, naming the cause, when nothing to be judged is there."""
        unreachable = self.unreachable()
        if unreachable:
            raise DeploymentUnavailable(unreachable)

    def unreachable(self) -> str:
        """Why the deployment cannot be reached, in a sentence; empty when something answers."""
        for what, http in (("chat backend", self.chat_http), ("auth service", self.auth_http)):
            if http is None:
                continue
            cause = _cause(http.base, self.tls, self.environment.patience.connect_s)
            if cause:
                return f"the {what} at {http.base} cannot be reached: {cause}"
        health = self.dialect.data.http.health
        if health:
            answer = self.chat_http.get(health)
            if answer.status is None:
                return f"the chat backend at {self.chat_base} does not answer: {answer.detail}"
            self.clock.learn_date(answer.date)
        return ""

    @property
    def secure_addresses(self) -> list[str]:
        """The addresses that ask for an encrypted line."""
        bases = [http.base for http in (self.chat_http, self.auth_http) if http is not None]
        return [base for base in dict.fromkeys(bases) if is_secure(base)]

    def inspect_certificates(self) -> list[Certificate]:
        """What each encrypted address shows of itself. Blocks."""
        ca_file, within_s = self.environment.ca_file, self.environment.patience.connect_s
        return [certificate(url, ca_file, within_s) for url in self.secure_addresses]

    def try_outdated_tls(self) -> list[Offer]:
        """Whether encrypted addresses accept what is below TLS 1.2. Blocks."""
        within_s = self.environment.patience.connect_s
        return [offer for url in self.secure_addresses for offer in outdated(url, within_s)]

    def try_plaintext(self) -> list[PlaintextReply]:
        """What comes back without encryption, from the chat's own port and `plain_url`. Blocks."""
        page = self.dialect.data.http.health
        prefix = urlsplit(self.chat_base).path
        doors = [self.chat_base, self.environment.plain_url]
        return [
            knock
            for door in doors
            if door is not None
            for knock in plaintext_request(
                door,
                urlsplit(self.socket_url).path,
                prefix + page if page else None,
                self.environment.patience.connect_s,
            )
        ]

    def close(self) -> None:
        """Stop the reference service, if it was ours."""
        if self.service is not None:
            self.service.stop()


def ensure_told(environment: Environment, dialect: Dialect) -> None:
    """Raise `DeploymentError` where the environment does not say what the dialect asks for."""
    static = environment.sign_in == "static"
    if static and not environment.users and dialect.uses_token:
        raise DeploymentError("sign_in = static needs at least one entry in users")
    for name, meaning in dialect.data.required.items():
        if not environment.variables.get(name):
            raise DeploymentError(
                f"the dialect {dialect.name} needs {name} ({meaning}):"
                f" write it under [variables] in the file of the environment"
            )


def ensure_not_compared(name: str, value: str, dialect: Dialect) -> None:
    """Raises `DeploymentError` for a secret that rules look for: they read what is redacted."""
    if value in repr(dialect.data.read):
        raise DeploymentError(
            f"the variable {name} is a secret by its name, so that its value is left out of every"
            " message, and a rule of the dialect looks for that value: call the variable otherwise"
        )


def socket_address(base: str, own_path: str, path: str) -> str:
    """Where a connection is opened whose path, by the dialect, is `path`.

    `own_path`, where the environment names one, stands in its place; the query stays.
    """
    if not own_path:
        return base + path
    query = urlsplit(path).query
    return base + own_path + (f"?{query}" if query else "")


def _chat_addresses(chat_url: str) -> tuple[str, str, str]:
    """The base of HTTP and of WebSocket addresses, and the path of `ws://…/path`, if any."""
    parts = urlsplit(chat_url)
    secure = parts.scheme in ("https", "wss")
    base = f"{'https' if secure else 'http'}://{parts.netloc}"
    socket_base = f"{'wss' if secure else 'ws'}://{parts.netloc}"
    if parts.scheme in ("ws", "wss") and parts.path:
        return base, socket_base, parts.path
    return base + parts.path, socket_base + parts.path, ""


def _cause(base: str, context: ssl.SSLContext, timeout_s: float) -> str:
    """Why nobody can connect to `base`, with TLS where it asks for it; empty when one can."""
    try:
        if is_secure(base):
            handshake(base, context, timeout_s).close()
        else:
            socket.create_connection(host_and_port(base), timeout_s).close()
    except ConnectionRefusedError:
        return "the connection was refused (is it running?)"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return trouble(error) or error.strerror or str(error)
    return ""
