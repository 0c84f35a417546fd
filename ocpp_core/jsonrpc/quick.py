"""The first tier of frames: a valid CALL, CALLRESULT or SEND from text and to text; the rest it refuses, unexplained.

`ocpp_core.payloads.twins` reads the payload and `ocpp_core.payloads.texts` writes it; here is what stands around it.
"""

from collections.abc import Callable
from json.encoder import encode_basestring as quote
from typing import Annotated, Any, Literal

from msgspec import Meta

from ocpp_core.jsonrpc.ids import MAX_ID_LENGTH, UNREADABLE_ID
from ocpp_core.model.messages import Call, CallResult, Payload, Send
from ocpp_core.model.shapes import shape
from ocpp_core.payloads.statements import Refused
from ocpp_core.payloads.texts import Around, compiled_writer
from ocpp_core.payloads.twins import Before, reader

_Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]


def frame_reader(
    made: type[Call | CallResult | Send], number: int, cls: type[Payload]
) -> Callable[[str], Any]:
    """The function that reads the frames of a class of messages; it raises one of `REFUSALS` for all others.

    Args:
        made: What they become.
        number: Their message type.
        cls: Class of the payload.
    """
    action = () if made is CallResult else (str,)
    before = Before(
        types=(Literal[number], _Id, *action),
        names=("_", "id", *("_" for _ in action)),
        quotes=2 + 2 * len(action),
        statements=(
            "frame = new(cls_of_frame)",
            "frame.id = id",
            "frame.payload = made",
            "frame.headers = None",
            "frame.violations = ()",
            "return frame",
        ),
        objects={"cls_of_frame": made},
    )
    return reader(cls, before) or _refuse


def _refuse(text: str) -> Any:
    raise Refused


def frame_writer(
    made: type[Call | CallResult | Send], number: int, cls: type[Payload], fraction_digits: int | None
) -> Callable[[Any], str]:
    """The function that writes the frames of a class of messages; it raises one of `REFUSALS` for all others.

    Args:
        made: The class of the frames.
        number: Their message type.
        cls: Class of the payload.
        fraction_digits: Of timestamps, as `JsonCodec` has it.
    """
    action = "" if made is CallResult else f"{quote(cls.__ocpp__.action or '')},"
    around = Around(
        given="frame",
        statements=(
            "id = frame.id",
            "if type(frame) is not cls_of_frame or type(id) is not str: raise Refused",
            # As `may_be_sent`, without a call.
            f"if not 0 < len(id) <= {MAX_ID_LENGTH} or id == {UNREADABLE_ID!r}: raise Refused",
            "made = frame.payload",
        ),
        before=f"[{number},{{quote(id)}},{action}",
        after="]",
        last=(
            "if not text.isascii(): text.encode()",  # raises where a surrogate is alone
            "return text",
        ),
        objects={"cls_of_frame": made},
    )
    return compiled_writer(shape(cls), fraction_digits, around)
