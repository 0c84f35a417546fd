"""Frames as they stand in files, and what the command's reader finds in them."""

import io
import json

from ocpp_core.logs.reading import Found, Reader

HEARTBEAT = '[2,"17","Heartbeat",{}]'
ANSWER = '[3,"17",{"currentTime":"2026-01-31T12:00:00Z"}]'
#: Breaks one rule: 1.6 has no unit Hertz.
HERTZ = (
    '[2,"18","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"2026-01-31T12:00:00Z",'
    '"sampledValue":[{"value":"50","measurand":"Frequency","unit":"Hertz"}]}]}]'
)
AUTHORIZE_2_0_1 = '[2,"19","Authorize",{"idToken":{"idToken":"AB","type":"ISO14443"}}]'
SOAP_HEARTBEAT = (
    '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope" xmlns:A="http://www.w3.org/2005/08/addressing" '
    'xmlns:C="urn://Ocpp/Cs/2012/06/"><S:Header><C:chargeBoxIdentity>CP</C:chargeBoxIdentity><A:Action>/Heartbeat'
    "</A:Action><A:MessageID>urn:1</A:MessageID></S:Header><S:Body><C:heartbeatRequest/></S:Body></S:Envelope>"
)
ENVELOPE = '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body/></S:Envelope>'


def found(text: str | bytes) -> list[Found]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(Reader().read(io.BytesIO(data), "x"))


def frames(text: str | bytes) -> list[str]:
    return [one.text for one in found(text)]


def an_object(frame: str, **members: str) -> str:
    return json.dumps({"version": "1.6", "wire": "json", **members, "frame": frame})
