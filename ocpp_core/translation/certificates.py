"""Certificates and what speaks of them: encodings, hashes of what is installed, answers with an EXI text."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ocpp_core.model.messages import Response, evolve
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.rules import request_of, respond
from ocpp_core.translation.runs import At, ByHand, Outcome, Run

# Encodings: 2.0 has DER as hex digits, 2.0.1 has PEM.

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----", re.ASCII)
_COLUMNS = 64


def pem(text: str) -> str:
    """Hex digits as PEM. What is no hex is left as it is: some peers of 2.0 send PEM already."""
    if not _HEX.fullmatch(text):
        return text
    body = base64.b64encode(bytes.fromhex(text)).decode()
    lines = [body[start : start + _COLUMNS] for start in range(0, len(body), _COLUMNS)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])


def hex_digits(text: str) -> list[str]:
    """The certificates of a PEM text as hex digits; the text itself if there is none in it."""
    found: list[str] = []
    for body in _PEM.findall(text):
        try:
            found.append(base64.b64decode("".join(body.split()), validate=True).hex().upper())
        except binascii.Error:
            return [text]
    return found or [text]


def as_pem(value: Any, at: At) -> Any:
    """One certificate up."""
    text = pem(value)
    return value if text == value else at.approximated(value, text, LossReason.REENCODED)


def as_hex(limit: int) -> ByHand:
    """One certificate down, to a field of this length."""

    def convert(value: Any, at: At) -> Any:
        (first, *more) = hex_digits(value)
        if more or len(first) > limit:
            raise at.unfit(value, LossReason.TOO_LONG, code="TooLargeElement")
        return value if first == value else at.approximated(value, first, LossReason.REENCODED)

    return convert


def chain_as_pem(limit: int) -> ByHand:
    """Several certificates as one text, the leaf first."""

    def convert(value: Any, at: At) -> Any:
        text = "\n".join(pem(one) for one in value)
        if len(text) > limit:
            raise at.unfit(value, LossReason.TOO_LONG, code="TooLargeElement")
        return text if [text] == value else at.approximated(value, text, LossReason.REENCODED)

    return convert


def chain_as_hex(limit: int) -> ByHand:
    """The certificates of one text, each in a field of this length."""

    def convert(value: Any, at: At) -> Any:
        found = hex_digits(value)
        if any(len(one) > limit for one in found):
            raise at.unfit(value, LossReason.TOO_LONG, code="TooLargeElement")
        return found if found == [value] else at.approximated(value, found, LossReason.REENCODED)

    return convert


# Answers with a text that may not fit


def failed_if_long(name: str, limit: int) -> ByHand:
    """A status that becomes Failed if the text it speaks of, the attribute `name`, does not fit."""

    def convert(value: Any, at: At) -> Any:
        text = getattr(at.source, name)
        if isinstance(text, str) and len(text) > limit and value != "Failed":
            return at.approximated(value, "Failed", LossReason.TOO_LONG)
        return value

    return convert


def nothing_if_long(limit: int) -> ByHand:
    """A required text of which a part is of no use."""

    def convert(value: Any, at: At) -> Any:
        if len(value) > limit:
            return at.approximated(value, "", LossReason.TOO_LONG)
        return value

    return convert


# What is installed: 1.6 and 2.0 list hashes of one type, 2.0.1 lists chains of several.


def hashes_up(attribute: str, types: Mapping[str, str]) -> ByHand:
    """Hashes become chains; their type is that of the request, which names it in this attribute."""

    def convert(value: Any, at: At) -> Any:
        request_of(at.run)
        asked = getattr(at.run.sent(), attribute)
        kind = at.run.way.value_class("GetCertificateIdUse")(types.get(asked, asked))
        chain = at.run.way.value_class("CertificateHashDataChain")
        made: list[Any] = []
        for index, one in enumerate(value):
            place = (at.place, index, len(made))
            data = at.run.fitting(one, "CertificateHashData", (place, "", "certificateHashData"))
            if data is not None:
                made.append(chain(certificate_hash_data=data, certificate_type=kind))
                at.run.made((place, "", "certificateType"), kind, LossReason.FROM_REQUEST)
        return made or None

    return convert


def hashes_down(attribute: str, types: Mapping[str, str]) -> ByHand:
    """Chains become hashes: those of the type that was asked for."""

    def convert(value: Any, at: At) -> Any:
        asked = getattr(request_of(at.run), attribute)
        wanted = types.get(asked, asked)
        made: list[Any] = []
        for index, chain in enumerate(value):
            place = (at.place, index, len(made))
            if chain.certificate_type != wanted:
                at.run.dropped(place, chain)
                continue
            if chain.child_certificate_hash_data is not None:
                at.run.dropped((place, "childCertificateHashData", ""), chain.child_certificate_hash_data)
            if chain.custom_data is not None:
                at.run.dropped((place, "customData", ""), chain.custom_data)
            data = at.run.fitting(
                chain.certificate_hash_data, "CertificateHashData", (place, "certificateHashData", "")
            )
            made += [] if data is None else [data]
        return made or None

    return convert


def one_type_at_a_time(
    attribute: str, enum: str, types: Mapping[str, str], *, needs_extension: bool
) -> Callable[[Any, Run, Any], Outcome]:
    """GetInstalledCertificateIds for a version that asks for one type: one request for each that it has.

    Args:
        attribute: Of the request of the target.
        enum: Of the types of the target.
        types: Those of the source, and what the target calls them.
        needs_extension: Whether only the security extension has the action.
    """

    def written(view: Any, run: Run, direction: Any) -> Outcome:
        asked = view.certificate_type or list(types)
        view.drop("custom_data")
        if needs_extension and not run.policy.has_security_extension:
            return Outcome(answer=respond(view.whole, status="NotFound"))
        request = run.way.value_class("GetInstalledCertificateIdsRequest")
        use = run.way.value_class(enum)
        made: list[Any] = []
        for index, one in enumerate(asked):
            if one in types:
                made.append(request(**{attribute: use(types[one])}))
            else:
                run.dropped((view.place("certificate_type", "certificateType"), index, ""), one)
        if not made:
            return Outcome(answer=respond(view.whole, status="NotFound"))
        return Outcome(made)

    return written


def lists_merged(responses: Sequence[Any]) -> Response:
    """All chains that were found for any type."""
    found = [chain for one in responses for chain in one.certificate_hash_data_chain or ()]
    best = next((one for one in responses if one.status == "Accepted"), responses[0])
    merged: Response = evolve(best, certificate_hash_data_chain=found or None)
    return merged
