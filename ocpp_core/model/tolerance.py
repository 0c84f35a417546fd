"""The deviations of real peers, by name, so that the profile of a peer can say "strict, but allow this".

``Tolerance.HARMLESS | Tolerance.EXTRA_MEMBER``. A tolerated deviation is returned as a `Violation` beside the value.
What we send is always strict.
"""

from enum import Flag, auto

from ocpp_core.model.printing import likely, shown


class Tolerance(Flag):
    """Which deviations are accepted in what a peer sends, and what becomes of the value."""

    # Payloads, on both wires
    OPTIONAL_NULL = auto()  #: read as absent
    REQUIRED_NULL = auto()  #: `MISSING` stands in the field
    REQUIRED_MISSING = auto()  #: `MISSING` stands in the field
    EXTRA_MEMBER = auto()  #: kept in ``extra`` under its own name
    MISNAMED_MEMBER = auto()  #: read as the member that is meant (``heartbeatInterval`` of 1.6)
    UNKNOWN_ENUM = auto()  #: a value of the enum that is no member of it (``Token.foreign``)
    TOO_LONG = auto()  #: kept in full
    OBJECT_FOR_LIST = auto()  #: a list of one
    LIST_SIZE = auto()  #: kept as it is: an empty list, or one with too many items
    NUMBER_AS_TEXT = (
        auto()
    )  #: a number or text in place of the other: converted if that is exact and reversible
    BOOL_AS_TEXT = auto()  #: "true" and "false" converted
    FLOAT_AS_INT = auto()  #: ``1.0`` in 1.6 read as 1
    NUMBER_RANGE = auto()  #: kept
    DECIMAL_STEP = auto()  #: kept, all decimals
    DATETIME_NAIVE = auto()  #: read as UTC; the text is kept (`WireTimestamp`)
    DATETIME_FRACTION = auto()  #: kept to the microsecond; the text is kept
    DATETIME_SHORT = auto()  #: a date alone, no seconds, a blank for the T: read if unambiguous
    DATETIME_UNREADABLE = auto()  #: the text itself stands in the field
    WRONG_TYPE = auto()  #: the JSON value itself stands in the field

    # Frames of the JSON wire
    ID_NOT_STRING = auto()  #: a number as message id: `NumericId`, written back as the same number
    ID_TOO_LONG = auto()  #: a message id of more than 36 characters
    ID_EMPTY = auto()  #: an empty message id
    RESULT_WITH_ACTION = auto()  #: ``[3, id, action, payload]``
    SHORT_CALLERROR = (
        auto()
    )  #: CALLERROR in another form, such as with parts left out: filled with "" and {}; always accepted
    DUPLICATE_MEMBER = auto()  #: the same member twice: the last one counts

    # Envelopes of the SOAP wire
    NO_HEADER = (
        auto()
    )  #: an answer without any header; HTTP has paired it already; of a fault always accepted
    NO_IDENTITY = auto()  #: a request without chargeBoxIdentity
    NO_MESSAGE_ID = auto()  #: a request without MessageID: its id is ""
    NO_ACTION = auto()  #: no Action; the body decides
    ACTION_FORM = auto()  #: an Action without its slash, or in lower case
    ACTION_MISMATCH = auto()  #: an Action that is not that of the body; the body decides
    RELATES_TO = (
        auto()
    )  #: an answer whose RelatesTo is missing, or names no request; of a fault always accepted
    REPLY_TO_OTHER = (
        auto()
    )  #: a ReplyTo that is not anonymous; the answer goes back in the exchange all the same
    ADDRESSING_NAMESPACE = auto()  #: WS-Addressing of another year
    MUST_UNDERSTAND = auto()  #: an unknown header that must be understood: ignored
    ADDRESS_AS_TEXT = auto()  #: an address as text of From, without an Address element
    NO_NAMESPACE = auto()  #: an element without a namespace
    WRONG_NAMESPACE = auto()  #: an element in the namespace of the other service, or of nobody
    ELEMENT_ORDER = auto()  #: elements in another order than the schema's
    NIL_OR_EMPTY = auto()  #: nil, or an empty element where text makes no sense: read as absent
    ATTRIBUTE_PLACE = auto()  #: meter attributes of 1.5 on another element, or as elements
    WHITE_SPACE = auto()  #: blanks around a token
    OLD_FAULT = auto()  #: a fault of SOAP 1.1; always accepted

    # Payloads again: what would be WRONG_TYPE or DECIMAL_STEP, but can only mean one thing
    NUMBER_FOR_BOOL = auto()  #: 0 and 1 read as false and true
    BOOL_FOR_TEXT = auto()  #: true and false where text belongs: "true" and "false"
    FRACTION_FOR_INT = auto()  #: a number that is not whole: kept as a `Decimal`, as nothing is rounded
    FLOAT_NOISE = auto()  #: a hundredth of the allowed step beside a multiple of it, or less: kept
    FLAT_VALUE = auto()  #: a value of 1.5 as text for a list, with its attributes beside it: a list of one

    # Around messages; none is reported as a violation, as nothing of the message is odd
    MEDIA_TYPE = auto()  #: an envelope sent as text/xml, application/xml or without any type
    KEY_AS_HEX = auto()  #: the Basic password of 1.6 as the hex digits of its key
    IDENTITY_FORM = auto()  #: an identity that the standard does not allow

    #: Nothing is accepted: a message conforms or is refused.
    STRICT = 0
    #: Whatever can be typed is accepted: all of the above.
    TOLERANT = (1 << 51) - 1
    #: What can only mean one thing, and is read as that: no field has another type for it, nothing is left out, and
    #: nobody could have meant something else. docs/tolerance.md argues each.
    HARMLESS = (
        OPTIONAL_NULL
        | MISNAMED_MEMBER
        | OBJECT_FOR_LIST
        | NUMBER_AS_TEXT
        | BOOL_AS_TEXT
        | FLOAT_AS_INT
        | DATETIME_FRACTION
        | ID_NOT_STRING
        | ID_TOO_LONG
        | RESULT_WITH_ACTION
        | SHORT_CALLERROR
        | NO_HEADER
        | NO_MESSAGE_ID
        | NO_ACTION
        | ACTION_FORM
        | RELATES_TO
        | ADDRESSING_NAMESPACE
        | ADDRESS_AS_TEXT
        | NO_NAMESPACE
        | ELEMENT_ORDER
        | NIL_OR_EMPTY
        | ATTRIBUTE_PLACE
        | WHITE_SPACE
        | OLD_FAULT
        | NUMBER_FOR_BOOL
        | BOOL_FOR_TEXT
        | FLOAT_NOISE
        | FLAT_VALUE
        | MEDIA_TYPE
    )

    @property
    def label(self) -> str:
        """The name of a single deviation as the command line writes it: ``unknown_enum``."""
        return (self.name or "").lower()

    @classmethod
    def named(cls, label: str) -> "Tolerance":
        """The deviation of a label; letter case and hyphens do not matter.

        Raises:
            LookupError: There is none of that name.
        """
        try:
            return cls[label.upper().replace("-", "_")]
        except KeyError:
            labels = [one.label for one in cls]
            meant = likely(label, labels)
            hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(labels)}"
            raise LookupError(f"no tolerance is called {shown(label)}; {hint}") from None
