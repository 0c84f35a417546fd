"""What judges the envelopes that software sends by itself: rules of the SOAP wire, as `overheard` has the others."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from attrs import frozen

from ocpp_core.conformance.envelopes import MEDIA_TYPE
from ocpp_core.conformance.hearing import Heard
from ocpp_core.conformance.overheard import overheard
from ocpp_core.conformance.soap_texts import ANONYMOUS, Envelope, root_of, space
from ocpp_core.conformance.traces import POSTED, Direction, Entry, What
from ocpp_core.conformance.verdicts import Deviation
from ocpp_core.model.printing import shown
from ocpp_core.model.versions import Role


@frozen
class _Request:
    """A request of the software.

    Attributes:
        entry: In the trace.
        envelope: As it was read.
    """

    entry: Entry
    envelope: Envelope


def _requests(heard: Heard) -> Iterator[_Request]:
    """Those that are envelopes with something in their bodies: of others another rule tells."""
    for entry in heard.trace:
        if entry.what is What.MESSAGE and entry.direction is Direction.RECEIVED and _is_posted(entry):
            root = root_of(entry.text)
            envelope = None if root is None else Envelope(root, entry.text)
            if envelope is not None and envelope.is_envelope and envelope.content is not None:
                yield _Request(entry, envelope)


def _is_posted(entry: Entry) -> bool:
    return entry.note.startswith(POSTED)


def _each(
    judge: Callable[[Heard, Envelope], tuple[str, str] | None],
) -> Callable[[Heard], Iterator[Deviation | None]]:
    """Judges each request by itself: None if it is right, else what was expected and what came."""

    def judged(heard: Heard) -> Iterator[Deviation | None]:
        for request in _requests(heard):
            wrong = judge(heard, request.envelope)
            place = request.envelope.operation
            yield None if wrong is None else Deviation(*wrong, place=place, marks=(request.entry.number,))

    return judged


@overheard("envelope.request")
def _envelope(heard: Heard) -> Iterator[Deviation | None]:
    right = {request.entry.number for request in _requests(heard)}
    for entry in heard.trace:
        if entry.what is What.MESSAGE and entry.direction is Direction.RECEIVED and _is_posted(entry):
            got = shown(entry.text[:200])
            wanted = "an envelope of SOAP 1.2 with one element in its body"
            yield None if entry.number in right else Deviation(wanted, got, marks=(entry.number,))


@overheard("envelope.request-identity")
@_each
def _identity(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    told = envelope.identities
    is_right = len(told) == 1 and told[0]
    return None if is_right else ("one chargeBoxIdentity", shown(", ".join(told)) if told else "none")


@overheard("envelope.request-action")
@_each
def _action(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    # Which operation there is, is the matter of another rule.
    wanted, found = f"/{envelope.operation}", envelope.header("Action")
    return None if not envelope.operation or found == wanted else (f"Action {wanted}", shown(found or "none"))


@overheard("envelope.request-from")
@_each
def _from(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    found = envelope.header("From") or ""
    return None if _is_address(found) else ("From with the address where it listens", shown(found or "none"))


def _is_address(text: str) -> bool:
    """Whether somebody can be reached there: nobody is at the anonymous address, though it looks like one."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text != ANONYMOUS and parts.scheme in ("http", "https") and bool(parts.hostname)


@overheard("envelope.request-moved")
def _moved(heard: Heard) -> Iterator[Deviation | None]:
    """What is under way when an address changes may come before the boot: two requests after it are no chance."""
    known, moved = "", None
    for request in _requests(heard):
        found = (request.envelope.header("From") or "").rstrip("/")
        if not _is_address(found):
            continue
        if request.envelope.operation == "BootNotification":
            if known not in ("", found):
                yield None
            known, moved = found, None
        elif known in ("", found):
            known, moved = found, None
        elif moved is None:
            moved = request
        else:
            got = f"requests from {shown(found)} without one"
            yield Deviation(
                "a boot from another address", got, marks=(moved.entry.number, request.entry.number)
            )
            known, moved = found, None


@overheard("envelope.request-to")
@_each
def _to(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    found = envelope.header("To") or ""
    return None if _is_address(found) else ("To with the address that is called", shown(found or "none"))


@overheard("envelope.request-reply-to")
@_each
def _reply_to(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    found = envelope.header("ReplyTo")
    return None if found in (None, ANONYMOUS) else ("no ReplyTo, or the anonymous address", shown(found))


@overheard("envelope.request-relates-to")
@_each
def _relates_to(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    found = envelope.header("RelatesTo")
    return None if found is None else ("no RelatesTo in a request", shown(found))


@overheard("envelope.request-namespace")
@_each
def _namespace(heard: Heard, envelope: Envelope) -> tuple[str, str] | None:
    served_by = Role.CSMS if heard.role is Role.CHARGE_POINT else Role.CHARGE_POINT
    wanted = heard.specification.namespaces[served_by]
    content = envelope.content
    found = "" if content is None else space(content)
    return None if found.rstrip("/") == wanted.rstrip("/") else (wanted, shown(found or "none"))


@overheard("envelope.request-id")
def _id(heard: Heard) -> Iterator[Deviation | None]:
    seen: dict[str, _Request] = {}
    for request in _requests(heard):
        id = request.envelope.header("MessageID")
        if not id:
            yield Deviation("a MessageID", "none", marks=(request.entry.number,))
            continue
        first = seen.setdefault(id, request)
        # The same request again is a retry, which may keep its id.
        if first.entry.text == request.entry.text:
            yield None
        else:
            both = (first.entry.number, request.entry.number)
            yield Deviation("an id for each request", f"{shown(id)} for two", marks=both)


@overheard("envelope.media-type")
def _media_type(heard: Heard) -> Iterator[Deviation | None]:
    for entry in heard.trace:
        if entry.what is What.MESSAGE and entry.direction is Direction.RECEIVED:
            root = root_of(entry.text)
            # A fault about SOAP 1.1 is written in SOAP 1.1, which has another type.
            if root is not None and Envelope(root).is_envelope:
                found = entry.note.partition(" as ")[2]
                is_right = found == MEDIA_TYPE
                yield None if is_right else Deviation(MEDIA_TYPE, found or "none", marks=(entry.number,))
