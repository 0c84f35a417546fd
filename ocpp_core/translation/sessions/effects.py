"""What a session wants done: values that a driver carries out in their order."""

from collections.abc import Hashable
from enum import Enum

from attrs import define, field

from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.translation.losses import Loss, Note, losses_in
from ocpp_core.translation.missing import Missing


class Side(Enum):
    """Who is at one end of a session."""

    STATION = "station"
    CSMS = "csms"

    @property
    def other(self) -> "Side":
        """The other end."""
        return Side.CSMS if self is Side.STATION else Side.STATION


#: What became of a call: None says that no answer came, as time ran out or the connection did.
Answer = Response | OcppError | None


@define(eq=False)
class _Effect:
    """Something to be done.

    `losses` are those of the translation since the effect before it that belongs to the same message; `missing` is what
    it has shown not to have come.
    """

    notes: tuple[Note, ...] = field(default=(), kw_only=True, repr=False)
    missing: tuple[Missing, ...] = field(default=(), kw_only=True)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What could not be carried. It is put into words when it is asked for."""
        return losses_in(self.notes)


@define(eq=False)
class Call(_Effect):
    """Send a request, and tell `TranslationSession.answered` what came of it.

    Attributes:
        side: To whom.
        request: In the version of that side.
        call: The key under which to give the answer; also if there will be none.
        of: The key of the request that it is made for; None if nobody waits.
    """

    side: Side
    request: Request
    call: Hashable
    of: Hashable | None = None


@define(eq=False)
class Notice(_Effect):
    """Send a message that wants no answer (SEND of 2.1).

    Attributes:
        side: To whom.
        send: In the version of that side.
        of: The key of the request that it is made for; None if nobody waits.
    """

    side: Side
    send: Notification
    of: Hashable | None = None


@define(eq=False)
class Reply(_Effect):
    """Answer a request that was received.

    Attributes:
        side: Who has sent the request.
        call: The key that the driver gave with it. None if nobody waits: then only the losses are of interest.
        answer: A response in the version of the sender, or an error; None if there is nothing to be said.
    """

    side: Side
    call: Hashable | None
    answer: Response | OcppError | None


Effect = Call | Notice | Reply
