"""Sample envelopes with the messages that they hold, and codecs of the sides that write and read them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from envelopes import MESSAGES, SoapMessage, envelope, request_header, response_header
from ocpp_core import v16
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallResult, Payload
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role
from ocpp_core.model.violations import Violation
from ocpp_core.soap.codec import SoapCodec
from ocpp_core.soap.envelopes import FAULT_ACTION

Record = Callable[[str, object], None]

STATION, CSMS = Role.CHARGE_POINT, Role.CSMS
CS_15, CP_15 = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"
CS_16, CP_16 = "urn://Ocpp/Cs/2015/10/", "urn://Ocpp/Cp/2015/10/"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NOON_TEXT = "2026-01-31T12:00:00Z"


def writer(message: SoapMessage) -> SoapCodec:
    """The codec of the side that sends a message."""
    role = Role.EITHER ^ message.reader
    return SoapCodec(
        message.version, role=role, identity="CP1", address="http://192.0.2.1:8080/", to="http://192.0.2.9/"
    )


def reader(message: SoapMessage, tolerance: Tolerance = Tolerance.STRICT) -> SoapCodec:
    return SoapCodec(message.version, role=message.reader, tolerance=tolerance)


def read(codec: SoapCodec, written: bytes, **options: Any) -> Any:
    """The frame, of whatever class it is."""
    return codec.decode(written, **options)


def frame_of(message: SoapMessage, payload: Any) -> Call | CallResult:
    return Call("m1", payload) if message.is_request else CallResult("m1", payload)


def message_of(cls: type[Payload], receiver: Role | None = None) -> SoapMessage:
    return next(each for each in MESSAGES if each.cls is cls and receiver in (None, each.receiver))


def places(violations: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.keyword) for fault in violations]


def outcome(codec: SoapCodec, written: bytes) -> tuple[Any, FrameError | None]:
    try:
        return codec.decode(written), None
    except FrameError as error:
        return None, error


BOOT = (
    "<ocpp:bootNotificationRequest><ocpp:chargePointVendor>V</ocpp:chargePointVendor>"
    "<ocpp:chargePointModel>M</ocpp:chargePointModel></ocpp:bootNotificationRequest>"
)
BOOT_RESPONSE = (
    "<ocpp:bootNotificationResponse><ocpp:status>Accepted</ocpp:status>"
    f"<ocpp:currentTime>{NOON_TEXT}</ocpp:currentTime><ocpp:interval>300</ocpp:interval></ocpp:bootNotificationResponse>"
)
START = (
    "<ocpp:startTransactionRequest><ocpp:connectorId>1</ocpp:connectorId><ocpp:idTag>T</ocpp:idTag>"
    f"<ocpp:timestamp>{NOON_TEXT}</ocpp:timestamp><ocpp:meterStart>7</ocpp:meterStart></ocpp:startTransactionRequest>"
)
BOOTED: Any = v16.BootNotificationRequest(charge_point_vendor="V", charge_point_model="M")
BOOT_ANSWER: Any = v16.BootNotificationResponse(
    status=v16.RegistrationStatus.ACCEPTED, current_time=NOON, interval=300
)
STARTED: Any = v16.StartTransactionRequest(connector_id=1, id_tag="T", timestamp=NOON, meter_start=7)


def boot(body: str = BOOT, **header: str) -> bytes:
    return envelope(request_header("BootNotification", **header), body, CS_16)


def start(body: str) -> bytes:
    return envelope(request_header("StartTransaction"), body, CS_16)


def booted(body: str = BOOT_RESPONSE, **header: str) -> bytes:
    return envelope(response_header("BootNotification", **header), body, CS_16)


TIME_1_5 = f"<ocpp:timestamp>{NOON_TEXT}</ocpp:timestamp>"


def address(block: str, text: str) -> dict[str, str]:
    return {block: f"<wsa:{block}><wsa:Address>{text}</wsa:Address></wsa:{block}>"}


def fault_envelope(
    code: str,
    sub_code: str | None = None,
    reason: str = "why",
    detail: str = "",
    *,
    prefix: str = "ocpp:",
    namespace: str = CS_16,
    header: str | None = None,
) -> bytes:
    inner = (
        "" if sub_code is None else f"<env:Subcode><env:Value>{prefix}{sub_code}</env:Value></env:Subcode>"
    )
    body = (
        f"<env:Fault><env:Code><env:Value>env:{code}</env:Value>{inner}</env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{reason}</env:Text></env:Reason>{detail}</env:Fault>'
    )
    blocks = (
        response_header("x", Action=f"<wsa:Action>{FAULT_ACTION}</wsa:Action>") if header is None else header
    )
    return envelope(blocks, body, namespace)


def labels(violations: Iterable[Violation]) -> list[str]:
    """The rules that accept them, by label; "" for those that nothing accepts."""
    return [fault.rule.label if fault.rule else "" for fault in violations]
