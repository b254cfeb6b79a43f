"""Messages, bodies and tokens that say the same in another way, and more besides."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from support.reference.auth import Auth
from support.reference.chat import Chat, Scope, Send
from support.reference.connection import Connection
from support.reference.handshake import Refused
from support.reference.metrics import CONTENT_TYPE
from support.reference.store import Run, StoredEvent
from support.reference.streams import Streams
from support.reference.tokens import TokenIssuer
from support.reference.variants.catalogue import lawful

MORE = {"region": "eu-west", "trace": {"span": "7f", "hops": [1, 2]}, "deprecated": None}
PAGE = "<!doctype html><html><title>{0}</title><h1>{0}</h1><hr>gateway/1.2</html>"


@lawful("other-json")
class OtherJson(Connection):
    """The same JSON with white space, keys in another order, and escapes for all but ASCII"""

    async def transmit(self, text: str) -> None:
        await super().transmit(json.dumps(_turned(json.loads(text)), indent=1, ensure_ascii=True))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return value


@lawful("extra-fields")
class ExtraFieldsInFrames(Connection):
    """Fields that nobody knows, in every message, event, token and body"""

    def push(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ready":
            limits = {**frame["limits"], "files": 0}
            frame = {**frame, "limits": limits, "motd": "Hello.", "features": ["a", "b"]}
        super().push({**MORE, **frame})

    def deliver(self, event: StoredEvent) -> None:
        super().deliver(event._replace(body=self.delivered(event.body, replayed=False)))

    async def transmit_event(self, body: str) -> None:
        await super().transmit_event(self.delivered(body, replayed=True))

    def delivered(self, body: str, *, replayed: bool) -> str:
        """The event with fields about this delivery of it."""
        event = json.loads(body)
        event["data"] |= {"replayed": replayed, "sent_to": self.connection_id}
        return json.dumps(event)


@lawful("extra-fields")
class ExtraFieldsInEvents(Streams):
    """More in every event and in its data"""

    def compose(
        self, run: Run, type_: str, data: dict[str, Any], event_id: int, epoch: str
    ) -> dict[str, Any]:
        event = super().compose(run, type_, {**data, "model": "m-1", "cost": 0}, event_id, epoch)
        return {**event, **MORE}


@lawful("extra-fields")
class ExtraFieldsInHealth(Chat):
    """More in the health answer"""

    def health(self) -> tuple[int, dict[str, Any]]:
        status, body = super().health()
        return status, {**body, **MORE}


@lawful("extra-messages")
class ExtraMessages(Connection):
    """Messages of types that nobody knows, between the others"""

    async def greet(self) -> None:
        await super().greet()
        self.push({"type": "notice", "text": "Ask me anything."})

    def deliver(self, event: StoredEvent) -> None:
        super().deliver(event)
        if self.live and event.type == "agent_started":
            self.push({"type": "agent_typing", "run_id": event.run.run_id})


@lawful("other-tokens")
class OtherTokens(TokenIssuer):
    """Longer tokens: more claims, a list of audiences, another lifetime"""

    def pair(self, user_id: str, email: str, scope: str) -> dict[str, Any]:
        return {**super().pair(user_id, email, scope), **MORE}

    def sign(self, claims: dict[str, Any], ttl_s: float) -> str:
        more = {"tenant": {"plan": "pro"}, "amr": ["pwd"], "pad": secrets.token_urlsafe(300)}
        return super().sign({**claims, **more}, 4 * ttl_s)

    def dated(self, claims: dict[str, Any], ttl_s: float) -> dict[str, Any]:
        dated = super().dated(claims, ttl_s)
        return {**dated, "nbf": dated["iat"], "aud": [self.config.audience, "other-service"]}


@lawful("html-errors")
class HtmlErrorsOfChat(Chat):
    """HTTP errors are pages in HTML, as a gateway in front makes them"""

    async def refuse(self, refused: Refused, scope: Scope, send: Send) -> None:
        async def send_page(message: Any) -> None:
            if message["type"] == "websocket.http.response.start":
                kept = [h for h in message["headers"] if h[0] != b"content-type"]
                message = {**message, "headers": [*kept, (b"content-type", b"text/html")]}
            elif message["type"] == "websocket.http.response.body":
                message = {**message, "body": PAGE.format(refused.status).encode()}
            await send(message)

        await super().refuse(refused, scope, send_page)

    async def get_ws(self, request: Request) -> Response:
        return _page(await super().get_ws(request))

    async def post_announcement(self, request: Request) -> Response:
        return _page(await super().post_announcement(request))


@lawful("html-errors")
class HtmlErrorsOfAuth(Auth):
    """The same of the auth service"""

    async def post_users(self, request: Request) -> Response:
        return _page(await super().post_users(request))

    async def post_token(self, request: Request) -> Response:
        return _page(await super().post_token(request))

    async def post_refresh(self, request: Request) -> Response:
        return _page(await super().post_refresh(request))


def _page(answer: Response) -> Response:
    if answer.status_code < 400:
        return answer
    return HTMLResponse(PAGE.format(answer.status_code), answer.status_code)


@lawful("other-metrics")
class LabelledMetrics(Chat):
    """Metrics carry labels with braces and quotes in them, and the time of each sample"""

    async def get_metrics(self, request: Request) -> Response:
        labels = rb'{path="/users/{id}",zone="eu, \"west\""}'
        plain = await super().get_metrics(request)
        text = re.sub(
            rb"^(\w+) (\S+)$",
            lambda sample: b"%b%b %b %d" % (sample[1], labels, sample[2], time.time() * 1000),
            bytes(plain.body),
            flags=re.M,
        )
        return Response(text, headers={"Content-Type": CONTENT_TYPE})
