"""Rows of envelopes that are not as they should be; and those of what an envelope has twice, or beside its parts."""

import re
from typing import Any

from ocpp_core.model.versions import Role
from sample_envelopes import BOOTED, CSMS, boot

REFUSED = None

#: Headers that are there twice, and what the last of them says.
TWICE: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "chargeBoxIdentity",
        "<ocpp:chargeBoxIdentity>VICTIM</ocpp:chargeBoxIdentity>",
        "<ocpp:chargeBoxIdentity>CP1</ocpp:chargeBoxIdentity>",
        {"identity": "CP1"},
    ),
    (
        "MessageID",
        "<wsa:MessageID>m0</wsa:MessageID>",
        "<wsa:MessageID>m1</wsa:MessageID>",
        {"message_id": "m1"},
    ),
    ("Action", "<wsa:Action>/Reset</wsa:Action>", "<wsa:Action>/BootNotification</wsa:Action>", {}),
    ("To", "<wsa:To>http://a/</wsa:To>", "<wsa:To>http://b/</wsa:To>", {"to": "http://b/"}),
]


class Row:
    """One line of the table: an envelope, and the rules that must be recorded to accept it, in each mode.

    `strict` is REFUSED, or the rules recorded all the same; both then give `frame`. `answers` is for CSMS -> station.
    """

    def __init__(
        self,
        written: bytes,
        strict: set[str] | None,
        tolerant: set[str],
        payload: Any,
        *,
        version: str = "1.6",
        role: Role = CSMS,
        **headers: Any,
    ) -> None:
        self.written, self.strict, self.tolerant, self.payload = written, strict, tolerant, payload
        self.version, self.role, self.headers = version, role, headers


#: Of two that should be one another reader may take the other, and what we do not look at he may.
PARTS = {
    **{
        f"duplicate_member-{name}": Row(
            boot(**{name: f"{one}{other}"}), REFUSED, {"duplicate_member"}, BOOTED, **said
        )
        for name, one, other, said in TWICE
    },
    "duplicate_member-odd-identity": Row(
        boot(
            chargeBoxIdentity="<ocpp:chargeBoxIdentity>CP1</ocpp:chargeBoxIdentity>"
            "<x:chargeBoxIdentity xmlns:x='urn:x'>CP1</x:chargeBoxIdentity>"
        ),
        REFUSED,
        {"duplicate_member", "wrong_namespace"},
        BOOTED,
    ),
    "duplicate_member-of-another-year": Row(
        boot(
            To='<w:To xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing">http://a/</w:To>'
            "<wsa:To>http://b/</wsa:To>"
        ),
        REFUSED,
        {"duplicate_member", "addressing_namespace"},
        BOOTED,
        to="http://b/",
    ),
    "duplicate_member-body": Row(
        boot().replace(b"</env:Body>", b"</env:Body><env:Body/>"), REFUSED, {"duplicate_member"}, BOOTED
    ),
    "duplicate_member-header": Row(
        boot().replace(b"</env:Header>", b"</env:Header><env:Header/>"), REFUSED, {"duplicate_member"}, BOOTED
    ),
    "extra_member-of-an-envelope": Row(
        boot().replace(b"</env:Body>", b"</env:Body><x/>"), REFUSED, {"extra_member"}, BOOTED
    ),
    "extra_member-in-an-identity": Row(
        boot(chargeBoxIdentity="<ocpp:chargeBoxIdentity>CP1<x>VICTIM</x></ocpp:chargeBoxIdentity>"),
        REFUSED,
        {"extra_member"},
        BOOTED,
        identity="CP1",
    ),
    **{
        f"extra_member-text-at-{mark.decode()}": Row(
            boot().replace(mark, mark + b"x", 1), REFUSED, {"extra_member"}, BOOTED
        )
        for mark in (
            b"<env:Header>",
            b"</wsa:Action>",
            b"</env:Header>",
            b"<env:Body>",
            b"</ocpp:bootNotificationRequest>",
            b"</env:Body>",
        )
    },
    "element_order-header": Row(
        re.sub(b"(<env:Header>.*</env:Header>)(<env:Body>.*</env:Body>)", rb"\2\1", boot(), flags=re.S),
        REFUSED,
        {"element_order"},
        BOOTED,
    ),
}
