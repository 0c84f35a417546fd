"""What becomes of messages of the SOAP wire is valid under the official XML Schema of the other version."""

from typing import Any

import pytest

from envelopes import MESSAGES, SoapMessage, body_element, is_officially_valid, soap_messages
from ocpp_core.translation.losses import NeedsSessionError
from properties import for_all
from sample_envelopes import frame_of, message_of, writer
from translations import carried

EXAMPLES = 2
#: Of requests, there and back.
NEIGHBOURS = [("1.2", "1.5"), ("1.5", "1.2"), ("1.5", "1.6"), ("1.6", "1.5"), ("1.2", "1.6"), ("1.6", "1.2")]
REQUESTS = [
    pytest.param(each, target, id=f"{each.version}-{target}-{each.cls.__name__}-{each.receiver.name}")
    for source, target in NEIGHBOURS
    for each in MESSAGES
    if each.version == source and each.is_request
]


@pytest.mark.parametrize("message, target", REQUESTS)
def test_requests_are_valid_under_the_xml_schema(message: SoapMessage, target: str) -> None:
    def check(request: Any) -> None:
        try:
            found = carried(request, target)
        except NeedsSessionError:
            return
        for made in found.messages:
            # An empty list is no element at all, of which the XML Schema of 1.6 wants one.
            if target == "1.6" and getattr(made, "meter_value", None) == []:
                continue
            sent = message_of(type(made), message.receiver)
            written = writer(sent).encode(frame_of(sent, made))
            assert is_officially_valid(target, message.receiver, body_element(written))

    for_all(soap_messages(message.cls), EXAMPLES, check)
