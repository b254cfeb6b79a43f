"""How the line to a deployment is encrypted: certificate, versions of TLS, and talk in the open.

Blocking, and bounded in time. Nothing here is ever sent that must stay secret: no token, no name.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from support.config.errors import DeploymentError
from support.deployment.deadline import Deadline

#: What is spoken below TLS 1.2, by name (both deprecated by RFC 8996), and whether we can speak it.
OUTDATED = {
    "TLS 1.0": (ssl.TLSVersion.TLSv1, ssl.HAS_TLSv1),
    "TLS 1.1": (ssl.TLSVersion.TLSv1_1, ssl.HAS_TLSv1_1),
}
#: Reasons OpenSSL gives when it is our own side that cannot speak a version at all.
_NOT_OURS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "INTERNAL_ERROR")
_WRONG_HOST = "its certificate is for another host"
#: OpenSSL's codes of verification (X509_V_ERR_…), in words for people.
_TROUBLE = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is signed by itself, not by an authority that is trusted",
    19: "its certificate comes from an authority that is not trusted",
    20: "its certificate comes from an authority that is not trusted",
    21: "its certificate comes from an authority that is not trusted",
    62: _WRONG_HOST,
    64: _WRONG_HOST,
}


@dataclass(frozen=True)
class Certificate:
    """What a handshake showed. `reached` false: there was none to look at, `detail` says why.

    `problems` are what a browser would refuse it for. `days_left` is None where the certificate was
    so bad that its end was not read.
    """

    address: str
    reached: bool
    version: str | None = None
    problems: tuple[str, ...] = ()
    days_left: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Offer:
    """Whether a version was `accepted`; None when that could not be tried, `detail` says why."""

    address: str
    version: str
    accepted: bool | None
    detail: str = ""


@dataclass(frozen=True)
class PlaintextReply:
    """What came back for a request in the open: a `status`, or none, as `detail` says.

    `tried` is false when nobody could be asked. `to_safety`: a redirect to an encrypted address.
    """

    address: str
    asked: str
    tried: bool = True
    status: int | None = None
    to_safety: bool = False
    detail: str = ""


def trusted_by(ca_file: Path | None) -> str:
    """The file of authorities to trust: the environment's own, or those that browsers know."""
    return str(ca_file) if ca_file else DEFAULT_CA_BUNDLE_PATH


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """A context that verifies everything. Raises `DeploymentError` for a `ca_file` that is no
    good."""
    try:
        context = ssl.create_default_context(cafile=trusted_by(ca_file))
    except ssl.SSLError:
        raise DeploymentError(f"ca_file: {ca_file} holds no certificate in PEM form") from None
    except OSError as error:
        raise DeploymentError(f"ca_file: cannot read {ca_file}: {error.strerror}") from None
    if not context.cert_store_stats()["x509_ca"]:
        raise DeploymentError(f"ca_file: {ca_file} holds no certificate of an authority")
    return context


def trouble(error: BaseException) -> str:
    """What is wrong with the line, in a sentence about the deployment; empty for any other
    error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message.lower()
        return _TROUBLE.get(error.verify_code, f"its certificate is not trusted: {words}")
    if isinstance(error, ssl.SSLEOFError):
        return "it ends the connection instead of encrypting it"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no reason given").replace("_", " ").lower()
        return f"no encrypted line could be agreed on ({reason})"
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException) and (found := trouble(inner)):
            return found
    return ""


def certificate(url: str, ca_file: Path | None, timeout_s: float) -> Certificate:
    """What the deployment at that address shows of itself."""
    context = client_context(ca_file)
    seen = _certificate(url, context, timeout_s)
    if _WRONG_HOST not in seen.problems:
        return seen
    context.check_hostname = False  # whatever the name: is the rest in order?
    rest = _certificate(url, context, timeout_s)
    return replace(rest, problems=(_WRONG_HOST, *rest.problems))


def outdated(url: str, timeout_s: float) -> list[Offer]:
    """Whether the deployment speaks TLS 1.0 and 1.1; each is tried alone, with every cipher
    allowed."""
    return [_offer(url, name, timeout_s) for name in OUTDATED]


def plaintext_request(
    base: str, socket_path: str, page: str | None, timeout_s: float
) -> list[PlaintextReply]:
    """Ask for a WebSocket, and for a page that is no secret, without encryption.

    `base` names host and port; its scheme does not matter.
    """
    asked = [("a WebSocket", socket_path, _UPGRADE)]
    if page is not None:
        asked.append(("its health page", page, {}))
    return [_knock(base, what, path, headers, timeout_s) for what, path, headers in asked]


#: RFC 6455 4.1, with the key of its example: nobody is to be let in.
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of an address. Raises `DeploymentError` for one without a host."""
    parts = urlsplit(url)
    if parts.hostname is None:
        raise DeploymentError(f"{url} names no host")
    return parts.hostname, parts.port or (443 if is_secure(url) else 80)


def is_secure(url: str) -> bool:
    """True for an address that asks for TLS."""
    return urlsplit(url).scheme in ("https", "wss")


def handshake(url: str, context: ssl.SSLContext, timeout_s: float) -> ssl.SSLSocket:
    """A TLS connection to `url`, to be closed by the caller. Raises `OSError`."""
    host, port = host_and_port(url)
    raw = socket.create_connection((host, port), timeout_s)
    try:
        return context.wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise


def _certificate(url: str, context: ssl.SSLContext, timeout_s: float) -> Certificate:
    address = "{}:{}".format(*host_and_port(url))
    try:
        with handshake(url, context, timeout_s) as line:
            shown, version = line.getpeercert() or {}, line.version()
    except ssl.SSLCertVerificationError as error:
        return Certificate(address, reached=True, problems=(trouble(error),))
    except OSError as error:
        said = trouble(error) or error.strerror or str(error)
        return Certificate(address, reached=False, detail=said)
    ends = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    days_left = (ends - time.time()) / 86_400
    return Certificate(address, reached=True, version=version, days_left=days_left)


def _offer(url: str, name: str, timeout_s: float) -> Offer:
    address = "{}:{}".format(*host_and_port(url))
    version, ours = OUTDATED[name]
    if not ours:
        return Offer(address, name, None, f"the OpenSSL of this machine was built without {name}")
    try:
        context = _only(version)
    except (ssl.SSLError, ValueError) as error:
        return Offer(address, name, None, f"{name} cannot be spoken on this machine: {error}")
    try:
        with handshake(url, context, timeout_s) as line:
            return Offer(address, name, True, f"{line.version()} was agreed on")
    except ssl.SSLError as error:
        reason = error.reason or type(error).__name__
        if any(word in reason for word in _NOT_OURS):
            return Offer(address, name, None, f"{name} cannot be spoken on this machine: {reason}")
        return Offer(address, name, False, f"refused: {reason.replace('_', ' ').lower()}")
    except ConnectionResetError:
        return Offer(address, name, False, "refused: the connection was reset")
    except OSError as error:
        return Offer(address, name, None, f"it was not answered: {error.strerror or error}")


def _only(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A context that speaks this version and no other, with whatever cipher, and trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # else OpenSSL 3 refuses by itself what we want to see
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is outdated is the point
        context.minimum_version = version
        context.maximum_version = version
    return context


def _knock(
    base: str, what: str, path: str, headers: dict[str, str], timeout_s: float
) -> PlaintextReply:
    host, port = host_and_port(base)
    address = f"{host}:{port}"
    line = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        line.connect()
    except (ConnectionError, TimeoutError):
        return PlaintextReply(address, what, detail="nobody listens there")
    except OSError as error:
        return PlaintextReply(address, what, tried=False, detail=error.strerror or str(error))
    opened = line.sock
    deadline = Deadline(timeout_s, lambda: [opened])
    try:
        with deadline:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
    except (OSError, http.client.HTTPException) as error:
        detail = "no answer" if deadline.over else _no_answer(error)
        return PlaintextReply(address, what, detail=detail)
    finally:
        line.close()
    place = answer.headers.get("Location") or ""
    return PlaintextReply(
        address,
        what,
        status=answer.status,
        to_safety=300 <= answer.status < 400 and is_secure(place),
        detail=f"HTTP {answer.status}",
    )


def _no_answer(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "the connection was ended"
    return "no answer in the open"
