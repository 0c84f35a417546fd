"""CSMSs with one fault in TLS, in the name of their certificate, or with the passwords of stations."""

import ssl
import warnings
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import trustme

from conformance.peers import csms_ways as ways
from conformance.peers.csms import PASSWORD, Csms, Session
from conformance.peers.csms_faults import Fault

Json = dict[str, Any]
#: What every CSMS has to have, and no more.
_SUITES = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
    )
)


def encrypted(
    *, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, suites: str = _SUITES, name: str | None = "localhost"
) -> Callable[[Csms], None]:
    """Serves over TLS, with certificates of both kinds."""

    def change(csms: Csms) -> None:
        authority = trustme.CA()
        csms.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            csms.ssl.minimum_version = oldest
        csms.ssl.set_ciphers(suites)
        for kind in (trustme.KeyType.RSA, trustme.KeyType.ECDSA):
            authority.issue_cert("localhost", common_name=name, key_type=kind).configure_cert(csms.ssl)
        csms.trust = ssl.create_default_context()
        authority.configure_trust(csms.trust)

    return change


def _with_password(csms: Csms) -> None:
    csms.password = PASSWORD


def _any_name(csms: Csms) -> None:
    _with_password(csms)
    # The proof of another name ends as ours does: with the password.
    ends = csms.proven
    csms.proven = lambda request, proof: ends(request, proof) or _password_in(request) == PASSWORD


def _password_in(request: Any) -> str:
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    return b64decode(said).decode().rpartition(":")[2] if kind == "Basic" else ""


def _hasty_password(csms: Csms) -> None:
    """Asks once for a new password that the station has refused."""
    _with_password(csms)
    has_sent: list[bool] = []
    proves = csms.proven

    def queue(self: Session, action: str, payload: Json) -> None:
        has_sent.extend([True] if action in ("SetVariables", "ChangeConfiguration") else [])
        Session.queue(self, action, payload)

    def proven(request: Any, proof: str) -> bool:
        return not (has_sent and has_sent.pop()) and proves(request, proof)

    csms.proven = proven
    ways.behaving(queue=queue)(csms)


ALL = ("2.0.1", "1.6")
FAULTS: tuple[Fault, ...] = (
    Fault(
        "takes TLS 1.1",
        "security.tls-version",
        encrypted(oldest=ssl.TLSVersion.TLSv1, suites=f"{_SUITES}:ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),
        ALL,
    ),
    Fault(
        "has no suites with RSA",
        "security.tls-suites",
        encrypted(suites=_SUITES.rpartition(":AES128")[0]),
        ALL,
    ),
    Fault(
        "takes suites without encryption",
        "security.tls-weak",
        encrypted(suites=f"{_SUITES}:eNULL:@SECLEVEL=0"),
        ALL,
    ),
    Fault("a certificate without a name", "security.certificate-name", encrypted(name=None), ALL),
    Fault("takes any name with a password", "handshake.username", _any_name, ALL),
    Fault("forgets a password too early", "security.rejected-password", _hasty_password, ALL),
)
