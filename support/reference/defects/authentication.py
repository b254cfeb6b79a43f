"""Defects in sign-in: strangers get in, or friends are kept out."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from functools import cached_property
from typing import Any

import jwt
import msgspec
from starlette.responses import JSONResponse, Response

from support.reference.auth import Auth
from support.reference.chat import Chat, Scope, Send
from support.reference.connection import Connection
from support.reference.defects.catalogue import defect
from support.reference.handshake import SUBPROTOCOL, Gatekeeper, HandshakeRequest, Refused
from support.reference.tokens import Claims, InvalidToken, TokenIssuer, TokenVerifier
from support.reference.users import User

STRANGER = Claims("u-anonymous", frozenset({"chat"}), time.time() + 86_400)


@defect("signature-not-checked", "F1")
class SignatureNotChecked(TokenVerifier):
    """A token is accepted no matter who signed it"""

    def decode(self, token: str) -> dict[str, Any]:
        kept = {f"verify_{claim}": True for claim in ("exp", "nbf", "iat", "iss", "aud")}
        try:
            return jwt.decode(
                token,
                audience=self.config.audience,
                issuer=self.config.issuer,
                options={**self.options(), "verify_signature": False, **kept},  # type: ignore[arg-type]
            )
        except jwt.PyJWTError:
            raise InvalidToken from None


@defect("signature-compared-in-part", "F1")
class SignatureComparedInPart(TokenVerifier):
    """Only as much of a token's signature is compared as the client has sent"""

    def decode(self, token: str) -> dict[str, Any]:
        signed, _, signature = token.rpartition(".")
        key, algorithm = self.config.jwt_secret.encode(), jwt.get_algorithm_by_name("HS256")
        whole = jwt.utils.base64url_encode(algorithm.sign(signed.encode(), key)).decode()
        genuine = signature and whole.startswith(signature)
        return super().decode(f"{signed}.{whole}" if genuine else token)


def _unchecked(name: str) -> type[TokenVerifier]:
    class Unchecked(TokenVerifier):
        def options(self) -> dict[str, Any]:
            return {**super().options(), f"verify_{name}": False}

    return Unchecked


for _claim, _words in {
    "nbf": "Tokens are accepted before they are valid",
    "iss": "Tokens of any issuer are accepted",
    "aud": "Tokens meant for another service are accepted",
}.items():
    defect(f"{_claim}-not-checked", "F1", summary=_words)(_unchecked(_claim))


def _compared_in_part(name: str, setting: str) -> type[TokenVerifier]:
    class ComparedInPart(_unchecked(name)):  # type: ignore[misc]
        def decode(self, token: str) -> dict[str, Any]:
            claims: dict[str, Any] = super().decode(token)
            if not str(claims[name]).startswith(getattr(self.config, setting)):
                raise InvalidToken
            return claims

    return ComparedInPart


for _claim, _setting, _words in (
    ("iss", "issuer", "Tokens of an issuer whose name begins as the right one's are accepted"),
    ("aud", "audience", "Tokens for a service whose name begins as this one's are accepted"),
):
    defect(f"{_claim}-compared-in-part", "F1", summary=_words)(_compared_in_part(_claim, _setting))


@defect("exp-not-checked", "F1", "H6")
class ExpNotChecked(TokenVerifier):
    """Expired tokens are accepted"""

    def options(self) -> dict[str, Any]:
        return {**super().options(), "verify_exp": False}

    def verify(self, token: str, kind: str = "access") -> Claims:
        claims = super().verify(token, kind)
        return dataclasses.replace(claims, expires_at=time.time() + 3600)


@defect("exp-checked-with-leeway", "F1")
class ExpCheckedWithLeeway(TokenVerifier):
    """Tokens are accepted for a minute after they have expired"""

    def decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                self.key(),
                algorithms=["HS256"],
                audience=self.config.audience,
                issuer=self.config.issuer,
                leeway=60,
            )
        except jwt.PyJWTError:
            raise InvalidToken from None


@defect("accepted-tokens-remembered", "H6", "F4")
class AcceptedTokensRemembered(Gatekeeper):
    """A token that was accepted once is accepted after it has expired"""

    @cached_property
    def accepted(self) -> dict[str | None, Claims]:
        """The tokens that were accepted, and what they say."""
        return {}

    def authenticate(self, token: str | None) -> Claims:
        try:
            self.accepted[token] = super().authenticate(token)
        except Refused:
            if token not in self.accepted:
                raise
            return dataclasses.replace(self.accepted[token], expires_at=time.time() + 3600)
        return self.accepted[token]


@defect("refresh-token-accepted", "F1")
class RefreshTokenAccepted(TokenVerifier):
    """A refresh token opens a connection like an access token"""

    def check_type(self, claims: dict[str, Any], kind: str) -> None:
        return


@defect("alg-none-accepted", "F1")
class AlgNoneAccepted(TokenVerifier):
    """A token that says it needs no signature is believed"""

    def decode(self, token: str) -> dict[str, Any]:
        try:
            if jwt.get_unverified_header(token)["alg"].lower() == "none":
                return jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise InvalidToken from None
        return super().decode(token)


@defect("anonymous-admitted", "F1")
class AnonymousAdmitted(Gatekeeper):
    """Without a token anybody is let in"""

    def authenticate(self, token: str | None) -> Claims:
        return super().authenticate(token) if token else STRANGER


@defect("malformed-token-accepted", "F1")
class MalformedTokenAccepted(Gatekeeper):
    """Something that is no token at all is accepted as one"""

    def authenticate(self, token: str | None) -> Claims:
        if token and token.count(".") != 2:
            return STRANGER
        return super().authenticate(token)


@defect("valid-token-refused", "F2", "F3", "B1", "B5", "O6")
class ValidTokenRefused(Gatekeeper):
    """Valid tokens are refused with 403"""

    def authenticate(self, token: str | None) -> Claims:
        super().authenticate(token)
        raise Refused(403, "forbidden")


@defect("token-works-once", "F2", "O6")
class TokenWorksOnce(Gatekeeper):
    """A valid token is refused with 403 when it is used again"""

    @cached_property
    def used(self) -> set[str | None]:
        """The tokens that have been used."""
        return set()

    def authenticate(self, token: str | None) -> Claims:
        claims = super().authenticate(token)
        if token in self.used:
            raise Refused(403, "forbidden")
        self.used.add(token)
        return claims


@defect("secrets-differ", "F3", "F2", "O6")
class SecretsDiffer(TokenVerifier):
    """Auth service and chat backend do not share their secret"""

    def key(self) -> str:
        return f"not {super().key()}"


@defect("leaky-refusal", "F1")
class LeakyRefusal(Chat):
    """A refused client is accepted, greeted, and only then disconnected"""

    async def refuse(self, refused: Refused, scope: Scope, send: Send) -> None:
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL, "headers": []})
        ready = msgspec.json.encode({"type": "ready", "user_id": None}).decode()
        await send({"type": "websocket.send", "text": ready})
        await send({"type": "websocket.close", "code": 4401, "reason": refused.reason})


@defect("malformed-token-crashes", "F1")
class MalformedTokenCrashes(Gatekeeper):
    """A malformed token is answered with 500"""

    def authenticate(self, token: str | None) -> Claims:
        if token and token.count(".") != 2:
            raise Refused(500, "internal server error")
        return super().authenticate(token)


@defect("expiry-not-enforced", "F4")
class ExpiryNotEnforced(Connection):
    """A connection lives on after its token has expired"""

    def expire(self) -> None:
        return


@defect("expiry-ends-all-connections", "F4")
class ExpiryEndsAllConnections(Connection):
    """When a token expires, every connection of its user is closed, whatever its own token says"""

    def expire(self) -> None:
        for connection in self.services.streams.hub.of(self.user_id):
            connection.close(4401, "token expired")


@defect("expiry-wrong-code", "F4")
class ExpiryWrongCode(Connection):
    """When the token expires, the connection is closed as if all were well"""

    def expire(self) -> None:
        self.close(1000, "bye")


@defect("expiry-a-minute-early", "F4")
class ExpiryAMinuteEarly(Connection):
    """A connection ends when its token has a minute left, instead of when it has expired"""

    async def greet(self) -> None:
        await super().greet()
        left_s = self.claims.expires_at - time.time()
        asyncio.get_running_loop().call_later(max(left_s - 60, 0.1), self.expire)


@defect("events-flow-past-expiry", "F4")
class EventsFlowPastExpiry(Connection):
    """The connection is closed some seconds after its token has expired, and is served till then"""

    def expire(self) -> None:
        asyncio.get_running_loop().call_later(3.0, super().expire)


@defect("refresh-fails", "F4", "O6")
class RefreshFails(Auth):
    """A token cannot be refreshed"""

    @cached_property
    def issued(self) -> set[str]:
        """The users who have had tokens."""
        return set()

    def tokens_for(self, user: User | None) -> Response:
        if user is not None and user.user_id in self.issued:
            return JSONResponse({"error": "internal server error"}, 500)
        if user is not None:
            self.issued.add(user.user_id)
        return super().tokens_for(user)


@defect("refreshed-token-expired", "F4", "O6")
class RefreshedTokenExpired(TokenIssuer):
    """The token that a refresh returns has expired already"""

    @cached_property
    def issued(self) -> set[str]:
        """The users who have had tokens."""
        return set()

    def pair(self, user_id: str, email: str, scope: str) -> dict[str, Any]:
        pair = super().pair(user_id, email, scope)
        if user_id in self.issued:
            claims = {"sub": user_id, "email": email, "scope": scope, "typ": "access"}
            pair["access_token"] = self.sign(claims, -60)
        self.issued.add(user_id)
        return pair


@defect("any-origin-accepted", "F5")
class AnyOriginAccepted(Gatekeeper):
    """A page of any site can open a connection as the signed-in user"""

    def check_origin(self, handshake: HandshakeRequest) -> None:
        return


@defect("origin-prefix-accepted", "F5")
class OriginPrefixAccepted(Gatekeeper):
    """An origin is allowed if it merely begins like an allowed one"""

    def check_origin(self, handshake: HandshakeRequest) -> None:
        allowed = tuple(self.config.allowed_origins)
        if not all(origin.startswith(allowed) for origin in handshake.origins):
            raise Refused(403, "forbidden")


@defect("no-origin-refused", "F5")
class NoOriginRefused(Gatekeeper):
    """A client that is no browser, and names no origin, is refused"""

    def check_origin(self, handshake: HandshakeRequest) -> None:
        super().check_origin(handshake)
        if not handshake.origins:
            raise Refused(403, "forbidden")


@defect("query-token-accepted", "F6")
class QueryTokenAccepted(Gatekeeper):
    """A token in the address is accepted"""

    def check_query(self, handshake: HandshakeRequest) -> None:
        return

    def token(self, handshake: HandshakeRequest) -> str | None:
        named = [pair.partition("=")[2] for pair in handshake.query.split("&") if "token=" in pair]
        return super().token(handshake) or next(iter(named), None)


@defect("token-echoed", "F6", "F8")
class TokenEchoed(Gatekeeper):
    """The token in the offered subprotocol is sent back"""

    def subprotocol(self, handshake: HandshakeRequest) -> str | None:
        offered = [name for name in handshake.subprotocols if name.startswith("bearer.")]
        return next(iter(offered), super().subprotocol(handshake))


@defect("no-subprotocol-selected", "F6")
class NoSubprotocolSelected(Gatekeeper):
    """The server selects none of the subprotocols it is offered"""

    def subprotocol(self, handshake: HandshakeRequest) -> str | None:
        return None


@defect("browser-tokens-refused", "F6")
class BrowserTokensRefused(Gatekeeper):
    """A token in the subprotocol, the browsers' only way, is not looked at"""

    def token(self, handshake: HandshakeRequest) -> str | None:
        return super().token(handshake) if handshake.authorization else None


@defect("connection-cap-missing", "G5")
class ConnectionCapMissing(Gatekeeper):
    """One user can hold any number of connections"""

    def check_room(self, claims: Claims) -> None:
        return
