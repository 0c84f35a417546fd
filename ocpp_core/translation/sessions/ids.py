"""Ids that a session gives out where somebody else has given them out already."""


class Ids:
    """Asked before a session counts on: a log, for instance, names the ids that were given out when it was written.

    This one knows of none; a subclass does. None has the session give out its own.
    """

    def number(self) -> int | None:
        """Of the transaction that has just begun, as 1.x counts them."""

    def transaction(self) -> str | None:
        """Of the transaction that begins, as 2.x names them."""

    def request(self) -> int | None:
        """Of the request that is translated."""
