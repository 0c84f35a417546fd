"""What was lost with a message that is in somebody's hands: it is found by the message itself.

A handler is given a request and a caller, and `call` gives a response: neither has a place for losses.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from ocpp_core.model.beside import Beside
from ocpp_core.model.messages import Payload
from ocpp_core.translation.losses import Loss, Note, Translation, losses_in
from ocpp_core.translation.missing import Missing

#: Losses of one message that a log names: a peer can make any number.
NAMED = 8

_KEPT: Beside[tuple[Translation, tuple[Missing, ...]]] = Beside()


def losses_of(message: Payload) -> tuple[Loss, ...]:
    """What was lost when this message was translated, for a handler or a caller that is written for another version.

    Of a request that a handler is given: what was lost on its way here. Of the response to a call of ours: all that was
    lost in the call, there and back. Of a response that a handler has returned, in a hook that runs ``after`` it: on
    its way to the station. Nothing, if the station speaks the version of the message.

    Args:
        message: The very object: a copy (`evolve`) is another message, of which nothing is known.
    """
    kept = _KEPT.get(message)
    return () if kept is None else kept[0].losses


def missing_of(message: Payload) -> tuple[Missing, ...]:
    """Which events of its transaction had not come when this message was made of a later one, for a handler.

    A handler that is written for 1.6 is given StartTransaction and what follows it of a station of 2.x. That counts its
    events: a number that is left out is told with what the event after it becomes first.

    Args:
        message: The very object, as for `losses_of`.
    """
    kept = _KEPT.get(message)
    return () if kept is None else kept[1]


def keep_losses(message: Payload, notes: tuple[Note, ...], missing: tuple[Missing, ...] = ()) -> None:
    """Has `losses_of` and `missing_of` find them, for as long as the message lives."""
    if notes or missing:
        _KEPT.put(message, (Translation((), None, notes), missing))


@contextmanager
def losing(message: Payload, notes: tuple[Note, ...]) -> Generator[None, None, None]:
    """Has `losses_of` find them while the context lasts."""
    keep_losses(message, notes)
    try:
        yield
    finally:
        _KEPT.pop(message)


def worded(notes: Sequence[Note], most: int = NAMED) -> tuple[tuple[Loss, ...], int]:
    """The first losses of very many, and how many more there are: to put all into words may take seconds."""
    return losses_in(notes[:most]), max(0, len(notes) - most)


def in_words(notes: Sequence[Note]) -> str:
    """Losses in a line of a log: their places and reasons, not their values, which may say who charges."""
    losses, more = worded(notes)
    named = ", ".join(f"{loss.path} {loss.kind} ({loss.reason})" for loss in losses)
    return f"{named} and {more} more" if more else named
