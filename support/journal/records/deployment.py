"""What was done to the deployment and its network, and what the deployment shows of itself."""

from __future__ import annotations

from support.journal.records.record import Record


class Fault(Record, tag="fault", frozen=True):
    """Something was done to the network; recorded only once it has really happened.

    `direction`: `to_service` or `to_user`, if it was done to one of them alone.
    """

    name: str
    connection: str
    user: str
    detail: str = ""
    direction: str = ""


class Arrived(Record, tag="arrived", frozen=True):
    """A connection came to the network between users and deployment; `let_in`: it was not refused.

    Whose it is nobody can tell from here; see `arrivals_of`.
    """

    number: int
    let_in: bool


class Health(Record, tag="health", frozen=True):
    """An answer of the health endpoint (`http` None: there was none, `detail` says why)."""

    http: int | None
    healthy: bool = False
    status: str | None = None
    detail: str = ""
    took_ms: float = 0.0


class TlsCertificate(Record, tag="tls_certificate", frozen=True):
    """What an encrypted address shows of itself; `problems` are what browsers would refuse it for.

    `days_left` is None where nobody could read when it ends. `reached` false: `detail` says why.
    """

    address: str
    reached: bool
    version: str | None = None
    problems: tuple[str, ...] = ()
    days_left: float | None = None
    detail: str = ""


class TlsOffer(Record, tag="tls_offer", frozen=True):
    """An outdated version was offered, and `accepted` or not; None: it could not be tried."""

    address: str
    version: str
    accepted: bool | None = None
    detail: str = ""


class PlaintextAttempt(Record, tag="plain_knock", frozen=True):
    """Something was `asked` without encryption; `status` is None where no HTTP answer came.

    `to_safety`: the answer sends the caller to an encrypted address. `tried` false: nobody could be
    asked, `detail` says why.
    """

    address: str
    asked: str
    tried: bool
    status: int | None = None
    to_safety: bool = False
    detail: str = ""


class Control(Record, tag="control", frozen=True):
    """We stop, start or kill a part of the deployment: recorded as it begins and, `done`, as it
    ends.

    `part` is `chat`, `auth` or `store`. `unannounced`: such a backend tells nobody beforehand.
    """

    action: str
    part: str = "chat"
    unannounced: bool = False
    done: bool = False
    took_ms: float = 0.0


class Announcing(Record, tag="announcing", frozen=True):
    """A user asked the deployment to announce `words` to everybody, and what was answered.

    `allowed`: an operator did; `agreed`: this is how such a backend refuses other users. `flaw` is
    what was wrong with an operator's token, in the words that `Connecting.means` has for it.
    """

    user: str
    means: str
    words: str
    status: int | None
    allowed: bool = False
    agreed: bool = False
    flaw: str = ""


DeploymentRecord = (
    Fault | Arrived | Health | TlsCertificate | TlsOffer | PlaintextAttempt | Control | Announcing
)
