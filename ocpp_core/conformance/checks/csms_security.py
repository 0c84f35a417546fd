"""Checks of CSMSs: TLS below a connection of OCPP-J, and the passwords of stations."""

import warnings
from collections.abc import Iterator
from ipaddress import ip_address
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext, SSLError, TLSVersion
from typing import Any

from ocpp_core.conformance.checks import Start, check
from ocpp_core.conformance.checks.asking import listen
from ocpp_core.conformance.requests import is_first
from ocpp_core.conformance.stages import Json, PeerCall, Stage

#: What a CSMS has to have at least, as OpenSSL calls it: two for each kind of certificate.
_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
#: What nobody may have: no encryption, no certificate, and ciphers that are broken.
_WEAK = "eNULL:aNULL:RC4:DES:EXPORT:MD5:@SECLEVEL=0"
_COMPLETED = 101


def _context(stage: Stage, ciphers: str = "ALL:@SECLEVEL=0", *, old: bool = False) -> SSLContext:
    """A client that asks for no proof, and offers TLS 1.2 alone, or what was before it."""
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = CERT_NONE
    with warnings.catch_warnings():
        # Old versions are deprecated: that is why they are offered.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = TLSVersion.TLSv1 if old else TLSVersion.TLSv1_2
        context.maximum_version = TLSVersion.TLSv1_1 if old else TLSVersion.TLSv1_2
    try:
        context.set_ciphers(ciphers)
    except SSLError as error:
        stage.cannot_tell(f"this machine cannot offer it: {error}")
    return context


async def _plain(stage: Stage) -> None:
    """TLS 1.2 is there for whoever has no certificate: what is odd is judged only where that is so."""
    if not (await stage.encrypt(_context(stage))).version:
        stage.cannot_tell("it takes no TLS 1.2, or no client without a certificate")


@check("security.tls-version", start=Start.CONNECTED)
async def tls_version(stage: Stage) -> None:
    """Offers versions before TLS 1.2."""
    await _plain(stage)
    found = await stage.encrypt(_context(stage, old=True))
    if found.version:
        stage.deviates("no connection with less than TLS 1.2", found.version, marks=(found.mark,))


@check("security.tls-suites", start=Start.CONNECTED)
async def tls_suites(stage: Stage) -> None:
    """Offers each of the cipher suites alone that a CSMS has to have."""
    await _plain(stage)
    for suite in _SUITES:
        found = await stage.encrypt(_context(stage, suite))
        if not found.version:
            stage.deviates(f"a connection with {suite}", "none", place=suite, marks=(found.mark,))


@check("security.tls-weak", start=Start.CONNECTED)
async def tls_weak(stage: Stage) -> None:
    """Offers cipher suites that nobody may have."""
    await _plain(stage)
    found = await stage.encrypt(_context(stage, _WEAK))
    if found.version:
        stage.deviates("no connection", found.cipher, place=found.cipher, marks=(found.mark,))


@check("security.certificate-name", start=Start.CONNECTED)
async def certificate_name(stage: Stage) -> None:
    """Looks at the certificate of the connection."""
    host, certificate = stage.opening.host.lower(), stage.opening.certificate
    if not certificate:
        stage.does_not_apply("it is not reached over TLS")
    if _is_address(host):
        stage.cannot_tell(f"it is reached at {host}, and not under a name")
    names = list(_names(certificate))
    if not any(_is_for(name, host) for name in names):
        stage.deviates(
            f"the name {host} in the subject", ", ".join(names) or "no name", marks=(stage.opening.mark,)
        )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _names(certificate: Any) -> Iterator[str]:
    for part in certificate.get("subject", ()):
        yield from (str(value) for name, value in part if name == "commonName")


def _is_for(name: str, host: str) -> bool:
    """Whether a name is that of a host; a star stands for one label."""
    head, _, rest = name.lower().partition(".")
    return name.lower() == host or (head == "*" and rest == host.partition(".")[2])


@check("security.rejected-password")
async def rejected_password(stage: Stage) -> None:
    """Refuses a new password, and comes back with the old one."""
    if (await stage.shake_hands(password="")).status == _COMPLETED:
        stage.does_not_apply("it asks for no password")
    if is_first(stage.specification):
        stage.responders["ChangeConfiguration"] = lambda _: {"status": "Rejected"}
        call = await stage.provoke("ChangeConfiguration", {"key": "AuthorizationKey"})
    else:
        stage.responders["SetVariables"] = _rejecting
        call = await stage.provoke("SetVariables", {"variable": "BasicAuthPassword"})
    if not any(name in str(call.payload) for name in ("AuthorizationKey", "BasicAuthPassword")):
        stage.cannot_tell(f"its {call.action} does not set the password")
    # The answer is on the way.
    await listen(stage)
    opening = await stage.shake_hands()
    if opening.status != _COMPLETED:
        stage.deviates(
            "a connection with the old password", f"HTTP {opening.status}", marks=(call.mark, opening.mark)
        )


def _rejecting(call: PeerCall) -> Json:
    items = call.payload.get("setVariableData") or ()
    results = [{name: item.get(name) for name in ("component", "variable")} for item in items]
    return {"setVariableResult": [result | {"attributeStatus": "Rejected"} for result in results]}
