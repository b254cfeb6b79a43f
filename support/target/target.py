"""The deployment under test: addresses, dialect, sign-in, and what it can do."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

from support.target.control import Controller, Part, ReferenceController, ShellController
from support.target.dialect import Dialect, load_dialect
from support.target.environment import Environment
from support.target.errors import NotOffered, TargetError, TargetUnavailable
from support.target.http import Answer, HttpClient, health_status, is_healthy, metric
from support.target.reference import ReferenceService

#: What a scenario may ask for with `@needs.…`, and how to say that it is not there.
CAPABILITIES = {
    "issue_tokens": "tokens are not issued by an auth service in this environment",
    "forge_tokens": "the signing secret is not known, so no token can be forged",
    "streams": "this kind of backend keeps no stream of events",
    "resume": "this kind of backend can not resume",
    "application_ping": "this kind of backend answers no application ping",
    "health": "this kind of backend has no health endpoint",
    "metrics": "this kind of backend publishes no metrics",
    "announcements": "this kind of backend makes no announcements, or nobody here may make them",
    "rough_handling": "the environment is marked safe, so nothing is done that could hurt it",
    "restart": "no control commands were given, so the backend can not be restarted",
    "auth_outage": "no control commands were given, so the auth service can not be stopped",
    "store_outage": "no control commands were given, so the store can not be taken away",
}
_CONTROLLED: dict[Part, str] = {"chat": "restart", "auth": "auth_outage", "store": "store_outage"}


class Target:
    """A deployment, found and ready to be spoken to. `close()` ends what was started for it."""

    def __init__(self, environment: Environment, run_dir: Path) -> None:
        """Start the reference service if the environment names no address.

        Raises `TargetError` when a setting is wrong or the reference does not start.
        """
        self.environment = environment
        self.dialect: Dialect = load_dialect(environment.dialect)
        self.service: ReferenceService | None = None
        self.signing_secret = (
            environment.jwt_secret.get_secret_value() if environment.jwt_secret else None
        )
        chat, auth = environment.chat_url, environment.auth_url
        if chat is None:
            reference = environment.reference
            self.service = ReferenceService(run_dir, reference.defects, reference.settings)
            chat, auth = self.service.addresses["chat_url"], self.service.addresses["auth_url"]
            self.signing_secret = self.signing_secret or self.service.secret
        self.chat_base, self.socket_url = _chat_addresses(chat, self.dialect)
        timeout_s = environment.patience.http_s
        proxy = environment.use_proxy
        self.chat_http = HttpClient(self.chat_base, timeout_s, use_proxy=proxy)
        self.auth_http = HttpClient(auth, timeout_s, use_proxy=proxy) if auth else None

    @property
    def name(self) -> str:
        """How people call it: its address, or the reference service."""
        return "bundled reference service" if self.service else self.chat_base

    @property
    def capabilities(self) -> set[str]:
        """What this deployment offers, as far as we were told."""
        offered = set(self.dialect.data.capabilities) & set(CAPABILITIES)
        if self.environment.sign_in == "service" and self.dialect.data.http.sign_in:
            offered.add("issue_tokens")
        if self.signing_secret and self.dialect.data.tokens:
            offered.add("forge_tokens")
            if self.dialect.data.http.announce:
                offered.add("announcements")
        if not self.environment.safe:
            offered.add("rough_handling")
        parts = self.controller.parts if self.controller is not None else ()
        offered.update(_CONTROLLED[part] for part in parts)
        return offered

    @property
    def allowed_origin(self) -> str:
        """The site whose pages may connect; raises `NotOffered` where nobody has said."""
        origin = self.environment.allowed_origin or self.dialect.data.handshake.allowed_origin
        if origin is None:
            raise NotOffered("nobody has said which site's pages may connect (allowed_origin)")
        return origin

    @property
    def controller(self) -> Controller | None:
        """The means to restart the backend, if any."""
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

    def build(self) -> str:
        """The version the target gives for itself, or `unknown`."""
        http = self.dialect.data.http
        answer = self.chat_http.get(http.health or "/")
        version = answer.body.get(http.build) if http.build and isinstance(answer.body, dict) else 0
        return version[:100] if isinstance(version, str) and version else "unknown"

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
        """Open connections by the target's own count, None where it tells none."""
        return self._metric(self.dialect.data.http.connections_metric)

    def ensure_reachable(self) -> None:
        """Raise `TargetUnavailable`, naming the cause, when nothing to be judged is there."""
        unreachable = self.unreachable()
        if unreachable:
            raise TargetUnavailable(unreachable)

    def unreachable(self) -> str:
        """Why the target can not be reached, in a sentence; empty when something answers."""
        for what, http in (("chat backend", self.chat_http), ("auth service", self.auth_http)):
            if http is None:
                continue
            cause = _tcp_cause(http.base, self.environment.patience.connect_s)
            if cause:
                return f"the {what} at {http.base} can not be reached: {cause}"
        health = self.dialect.data.http.health
        if health:
            answer = self.chat_http.get(health)
            if answer.status is None:
                return f"the chat backend at {self.chat_base} does not answer: {answer.detail}"
        return ""

    def close(self) -> None:
        """Stop the reference service, if it was ours."""
        if self.service is not None:
            self.service.stop()


def _chat_addresses(chat_url: str, dialect: Dialect) -> tuple[str, str]:
    """The HTTP base and the WebSocket address: a path in `ws://…/path` is kept for the latter."""
    parts = urlsplit(chat_url)
    secure = parts.scheme in ("https", "wss")
    base = f"{'https' if secure else 'http'}://{parts.netloc}"
    socket_base = f"{'wss' if secure else 'ws'}://{parts.netloc}"
    if parts.scheme in ("ws", "wss") and parts.path:
        return base, socket_base + parts.path
    return base + parts.path, socket_base + parts.path + dialect.data.handshake.path


def _tcp_cause(base: str, timeout_s: float) -> str:
    parts = urlsplit(base)
    if parts.hostname is None:
        raise TargetError(f"{base} names no host")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout_s).close()
    except ConnectionRefusedError:
        return "the connection was refused (is it running?)"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return error.strerror or str(error)
    return ""
