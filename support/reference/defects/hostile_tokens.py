"""Defects in the verification of tokens that an attacker has put together (RFC 8725)."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.reference.chat import Chat, Receive, Scope, Send
from support.reference.defects.catalogue import defect
from support.reference.handshake import Gatekeeper, HandshakeRequest
from support.reference.tokens import Claims, InvalidToken, TokenVerifier
from support.reference.wire import Listener, Socket

FETCH_S = 2.0
CONTROL = bytes(code for code in range(32) if code not in b"\t\r\n")


def header_of(token: str) -> dict[str, Any]:
    """Return the header of a token that nobody has checked yet; raise InvalidToken."""
    try:
        return jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise InvalidToken from None


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token without checking anything; raise InvalidToken."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise InvalidToken from None


def signed_with(token: str, secret: bytes) -> bool:
    """Return whether the token bears the HS256 signature made with ``secret``."""
    content, _, signature = token.rpartition(".")
    made = hmac.new(secret, content.encode(), hashlib.sha256).digest()
    return jwt.utils.base64url_encode(made).decode() == signature


def signed_by(token: str, key: object) -> bool:
    """Return whether the token bears the RS256 or HS256 signature that belongs to ``key``."""
    try:
        jwt.decode(token, key, algorithms=["RS256", "HS256"], options={"verify_aud": False})  # type: ignore[arg-type]
    except jwt.PyJWTError:
        return False
    return True


@defect("alg-none-spelt-otherwise-accepted", "F1")
class AlgNoneSpeltOtherwiseAccepted(TokenVerifier):
    """Of the tokens that say they need no signature only those in small letters are refused"""

    def decode(self, token: str) -> dict[str, Any]:
        algorithm = str(header_of(token).get("alg"))
        if algorithm.lower() == "none" and algorithm != "none":
            return claims_of(token)
        return super().decode(token)


@defect("missing-signature-accepted", "F1")
class MissingSignatureAccepted(TokenVerifier):
    """A signature is checked only if there is one"""

    def decode(self, token: str) -> dict[str, Any]:
        if token.endswith(".") and header_of(token).get("alg") == "HS256":
            return claims_of(token)
        return super().decode(token)


@defect("other-algorithms-unchecked", "F1")
class OtherAlgorithmsUnchecked(TokenVerifier):
    """Signatures of an algorithm that is not the usual one are believed unseen"""

    def decode(self, token: str) -> dict[str, Any]:
        if str(header_of(token).get("alg")).startswith(("RS", "ES", "PS")):
            return claims_of(token)
        return super().decode(token)


@defect("public-key-taken-for-secret", "F1")
class PublicKeyTakenForSecret(TokenVerifier):
    """A public key, which everybody knows, is taken for the secret of a symmetric signature"""

    def decode(self, token: str) -> dict[str, Any]:
        jwk = header_of(token).get("jwk")
        if isinstance(jwk, dict) and jwk.get("kty") == "RSA":
            public = jwt.PyJWK(jwk).key
            assert isinstance(public, rsa.RSAPublicKey)
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            if signed_with(token, pem):
                return claims_of(token)
        return super().decode(token)


@defect("key-in-token-believed", "F1")
class KeyInTokenBelieved(TokenVerifier):
    """A token is checked with the key that it brings along"""

    def decode(self, token: str) -> dict[str, Any]:
        jwk = header_of(token).get("jwk")
        if isinstance(jwk, dict) and signed_by(token, jwt.PyJWK(jwk).key):
            return claims_of(token)
        return super().decode(token)


@defect("key-name-as-path", "F1")
class KeyNameAsPath(TokenVerifier):
    """The key's name in a token is the name of the file that the key is read from"""

    def decode(self, token: str) -> dict[str, Any]:
        name = header_of(token).get("kid")
        if isinstance(name, str):
            with suppress(OSError, ValueError):
                if signed_with(token, (Path(self.config.run_dir) / name).read_bytes()):
                    return claims_of(token)
        return super().decode(token)


@defect("key-name-in-query", "F1")
class KeyNameInQuery(TokenVerifier):
    """The key's name in a token is put into a database query as it is"""

    def decode(self, token: str) -> dict[str, Any]:
        name = header_of(token).get("kid")
        if isinstance(name, str):
            db = sqlite3.connect(":memory:")
            db.execute("CREATE TABLE keys (name TEXT, secret TEXT)")
            row = db.execute(f"SELECT secret FROM keys WHERE name = '{name}'").fetchone()
            db.close()
            if row and signed_with(token, row[0].encode()):
                return claims_of(token)
        return super().decode(token)


def fetched(header: dict[str, Any]) -> list[object]:
    """Return the public keys that can be fetched from where a token's header says."""
    keys: list[object] = []
    with suppress(OSError, ValueError, jwt.PyJWTError):
        if "jku" in header:
            with urllib.request.urlopen(header["jku"], timeout=FETCH_S) as answer:
                keys += [found.key for found in jwt.PyJWKSet.from_json(answer.read()).keys]
        if "x5u" in header:
            with urllib.request.urlopen(header["x5u"], timeout=FETCH_S) as answer:
                keys.append(x509.load_pem_x509_certificate(answer.read()).public_key())
    return keys


@defect("key-fetched-from-anywhere", "F1")
class KeyFetchedFromAnywhere(TokenVerifier):
    """A token is checked with the key that is found where the token itself says"""

    def decode(self, token: str) -> dict[str, Any]:
        if any(signed_by(token, key) for key in fetched(header_of(token))):
            return claims_of(token)
        return super().decode(token)


@defect("key-fetched-in-vain", "F1")
class KeyFetchedInVain(TokenVerifier):
    """A token that says where its key is makes the service go there, even if it is then refused"""

    def decode(self, token: str) -> dict[str, Any]:
        fetched(header_of(token))
        return super().decode(token)


@defect("page-tokens-unchecked", "F1", "F6")
class PageTokensUnchecked(Gatekeeper):
    """A token that comes in the subprotocol is read but not verified"""

    def admit(self, handshake: HandshakeRequest) -> Claims:
        token = self.token(handshake)
        if handshake.authorization is None and token:
            with suppress(InvalidToken):
                return Claims(claims_of(token)["sub"], frozenset({"chat"}), 4e9)
        return super().admit(handshake)


@defect("long-token-crashes", "F1")
class LongTokenCrashes(Socket):
    """A token longer than expected is answered with 500"""

    def refuse_malformed(self) -> None:
        self.transport.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
        self.transport.close()


@defect("malformed-handshake-unanswered", "F1")
class MalformedHandshakeUnanswered(Socket):
    """A handshake that cannot be read is never answered, and its connection never freed"""

    def refuse_malformed(self) -> None:
        return


@defect("control-characters-stripped", "F1")
class ControlCharactersStripped(Listener):
    """Control characters in a token are taken out of it instead of being refused"""

    def data_received(self, data: bytes) -> None:
        super().data_received(data.translate(None, delete=CONTROL))


def token_in(scope: Scope) -> bytes:
    """Return the token in the headers of an ASGI scope, wherever it is."""
    headers = dict(scope["headers"])
    shown = headers.get(b"authorization", headers.get(b"sec-websocket-protocol", b""))
    return bytes(shown.replace(b"bearer.", b"").rpartition(b" ")[2])


@defect("token-echoed-in-refusal", "F6", "F8")
class TokenEchoedInRefusal(Chat):
    """The refusal of a token quotes it"""

    async def refuse(self, refused: Any, scope: Scope, send: Send) -> None:
        async def quoting(message: Any) -> None:
            if "body" in message:
                message["body"] += b": " + token_in(scope)
            await send(message)

        await super().refuse(refused, scope, quoting)


@defect("token-echoed-in-header", "F6", "F8")
class TokenEchoedInHeader(Chat):
    """The answer to an accepted handshake has the token in a header"""

    async def welcome(
        self,
        claims: Claims,
        handshake: HandshakeRequest,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        async def quoting(message: Any) -> None:
            if message["type"] == "websocket.accept":
                message["headers"] = [(b"x-session", token_in(scope))]
            await send(message)

        await super().welcome(claims, handshake, scope, receive, quoting)
