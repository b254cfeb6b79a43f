"""The deployment's HTTP side: health, metrics, and plain calls, each bounded in time. Blocking."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as LateByte

from support.config.errors import DeploymentError
from support.deployment.deadline import Deadline, RememberingAdapter
from support.deployment.tls import trouble
from support.dialects.expressions import compiled, is_true
from support.dialects.schema import Http

MAX_BODY = 1_000_000  # bytes of an answer read at most
NOT_IN_TIME = "no answer in time"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, or the plain reason why there was none (`status` None).

    `date` is its `Date` header; `cookies` are those it sets; `headers` are all of them.
    """

    status: int | None
    text: str = ""
    body: Any = None
    detail: str = ""
    took_ms: float = 0.0
    date: str | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: str = ""

    @property
    def whole(self) -> str:
        """Headers and body."""
        return f"{self.headers}\n\n{self.text}"


Fetched = Callable[[str, Answer], object]


class HttpClient:
    """Calls to one base address. Never raises for what a server does; see `Answer.detail`.

    Redirects are not followed: a token must not travel to where nobody meant to send it.
    `fetched` is handed the path and the answer of what anyone may `get`.
    """

    def __init__(
        self,
        base: str,
        timeout_s: float,
        *,
        use_proxy: bool = False,
        ca_file: Path | None = None,
        fetched: Fetched | None = None,
    ) -> None:
        self.base = base
        self._timeout_s = timeout_s
        self._use_proxy = use_proxy
        self._trusts = str(ca_file) if ca_file else True
        self._fetched = fetched

    def get(self, path: str) -> Answer:
        """GET `path`, without any token."""
        answer = self._call("GET", path)
        if self._fetched is not None and answer.status is not None:
            self._fetched(path, answer)
        return answer

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        """POST `body` as JSON to `path`."""
        return self.call("POST", path, body, headers)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        within_s: float = 0.0,
    ) -> Answer:
        """Any method; `body` as JSON, none where it is None. `within_s` where it may take longer
        than a call to this address usually does."""
        return self._call(method, path, within_s, json=body, headers=headers)

    def _call(self, method: str, path: str, within_s: float = 0.0, **options: Any) -> Answer:
        started, adapter = time.monotonic(), RememberingAdapter()
        timeout_s = max(self._timeout_s, within_s)
        deadline = Deadline(timeout_s, adapter.sockets)
        try:
            with requests.Session() as session, deadline:
                session.trust_env = self._use_proxy
                for scheme in ("http://", "https://"):
                    session.mount(scheme, adapter)
                # A compressed body could be a thousand times what was sent.
                session.headers["Accept-Encoding"] = "identity"
                response = session.request(
                    method,
                    self.base + path,
                    timeout=timeout_s,
                    allow_redirects=False,
                    verify=self._trusts,
                    stream=True,
                    **options,
                )
                text = _read(response)
        except (requests.RequestException, HTTPError, OSError) as error:
            detail = NOT_IN_TIME if deadline.over else _plain(error)
            return Answer(None, detail=detail, took_ms=_since(started))
        if deadline.over:  # cut short, it can look like a whole answer
            return Answer(None, detail=NOT_IN_TIME, took_ms=_since(started))
        date = response.headers.get("Date")
        return Answer(
            response.status_code,
            text,
            _json(text),
            took_ms=_since(started),
            date=date,
            cookies={cookie.name: cookie.value or "" for cookie in response.cookies},
            headers="\n".join(f"{name}: {value}" for name, value in response.headers.items()),
        )


def _read(response: requests.Response) -> str:
    """The body, as sent; of a longer one, the first `MAX_BODY` bytes."""
    content = b""
    while len(content) < MAX_BODY and (chunk := response.raw.read1(65_536, decode_content=True)):
        content += chunk
    return content[:MAX_BODY].decode("utf-8", "replace")


def is_healthy(http: Http, answer: Answer) -> bool:
    """True when the health endpoint's answer says that users can connect."""
    if answer.status != 200:
        return False
    return http.healthy is None or is_true(compiled(http.healthy)(answer.body))


def health_status(http: Http, answer: Answer) -> str | None:
    """The word the health endpoint used, if any."""
    value = compiled(http.status)(answer.body) if http.status else None
    return value if isinstance(value, str) else None


_LABELS = r'\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}'


def metric(text: str, name: str) -> float | None:
    """The sum of a metric's samples in Prometheus text, None where it is not there.

    The value of a label may hold anything, braces and escaped quotes too.

    Raises `DeploymentError` for anything but finite numbers: nothing could be compared with them.
    """
    pattern = rf"^[ \t]*{re.escape(name)}(?:[ \t]*{_LABELS}[ \t]*|[ \t]+)(\S+)"
    try:
        values = [float(v) for v in re.findall(pattern, text, re.M)]
    except ValueError as error:
        raise DeploymentError(f"the metric {name} is no number: {error}") from error
    if not all(map(math.isfinite, values)):
        raise DeploymentError(f"the metric {name} is no number that can be compared")
    return sum(values) if values else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _plain(error: Exception) -> str:
    words = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return trouble(error) or "no encrypted line could be agreed on"
    if isinstance(error, requests.Timeout | LateByte | TimeoutError):
        return NOT_IN_TIME
    if "refused" in words:
        return "the connection was refused"
    if "Name or service not known" in words or "getaddrinfo" in words or "resolve" in words:
        return "the name is not known"
    return type(error).__name__
