"""What a SOAP station in the field sends is read, and its requests are answered so that zeep reads the answers."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree

from envelopes import (
    body_element,
    is_officially_valid,
    official_wsdl,
    parsed_by_zeep,
    zeep_client,
    zeep_values,
)
from ocpp_core import v15
from ocpp_core.model.errors import FrameError
from ocpp_core.model.messages import Call, CallResult
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Role, Version
from ocpp_core.soap.codec import SoapCodec
from sample_envelopes import CSMS, NOON, STATION, labels, message_of

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "field_traffic.ndjson"
#: Deviations of the only SOAP station of the samples, by action; the rest of its frames conform.
SAMPLE_DEVIATIONS = {
    "BootNotificationRequest": {
        ("$.chargePointSerialNumber", "too_long"),
        ("$.chargeBoxSerialNumber", "too_long"),
    },
}


@pytest.fixture
def samples() -> list[tuple[Role, bytes]]:
    """The envelopes, each with the role that reads it."""
    if not SAMPLES.exists():
        pytest.skip(f"no field traffic: {SAMPLES} is not there")
    rows = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    return [
        (CSMS if row["direction"].startswith("station") else STATION, row["frame"].encode())
        for row in rows
        if row["wire"] == "soap"
    ]


def test_each_envelope_of_the_field_is_read_and_its_deviations_named(
    samples: list[tuple[Role, bytes]],
) -> None:
    names = []
    for role, written in samples:
        codec = SoapCodec("1.5", role=role)
        frame: Any = codec.decode(written, tolerance=Tolerance.TOLERANT)
        name = type(frame.payload).__name__
        names.append(name)
        expected = SAMPLE_DEVIATIONS.get(name, set())

        assert Version.V1_5 is SoapCodec.sniff(written)
        assert expected == set(
            zip([fault.path for fault in frame.violations], labels(frame.violations), strict=True)
        )
        assert (not expected) == any(
            is_officially_valid("1.5", receiver, body_element(written)) for receiver in (CSMS, STATION)
        )
        if expected:
            with pytest.raises(FrameError) as caught:
                codec.decode(written)
            assert {path for path, _ in expected} == {fault.path for fault in caught.value.violations}
        else:
            assert frame == codec.decode(written)

    assert 15 == len(names)
    assert {"BootNotificationRequest", "StopTransactionRequest", "ResetResponse"} < set(names)


def test_boot_authorize_start_and_stop_of_the_field_are_answered(samples: list[tuple[Role, bytes]]) -> None:
    accepted = v15.IdTagInfo(status=v15.AuthorizationStatus.ACCEPTED, expiry_date=NOON)
    answers: dict[str, Any] = {
        "BootNotification": v15.BootNotificationResponse(
            status=v15.RegistrationStatus.ACCEPTED, current_time=NOON, heartbeat_interval=14400
        ),
        "Authorize": v15.AuthorizeResponse(id_tag_info=accepted),
        "StartTransaction": v15.StartTransactionResponse(transaction_id=13, id_tag_info=accepted),
        "StopTransaction": v15.StopTransactionResponse(),
    }
    ours = SoapCodec("1.5", tolerance=Tolerance.TOLERANT)
    wsdl = official_wsdl("1.5", CSMS)
    client = zeep_client(wsdl)
    answered = []
    for role, written in samples:
        call: Any = ours.decode(written) if role is CSMS else None
        action = call.payload.__ocpp__.action if isinstance(call, Call) else None
        if action not in answers:
            continue
        answer = ours.encode(CallResult(call.id, answers[action]))
        element = body_element(answer)
        message = message_of(type(answers[action]))
        blocks = {etree.QName(block).localname: block.text for block in etree.fromstring(answer)[0]}

        assert is_officially_valid("1.5", CSMS, element)
        assert zeep_values(answers[action]) == parsed_by_zeep(wsdl, message, element)
        # The whole envelope, as zeep reads the answer to a call of its own; it raises where it sees no answer.
        response = SimpleNamespace(status_code=200, headers={}, content=answer, encoding="utf-8")
        binding = client.service._binding
        binding.process_reply(client, binding.get(action), response)
        assert (f"/{action}Response", call.id) == (blocks["Action"], blocks["RelatesTo"])
        answered.append(action)

    assert list(answers) == answered
