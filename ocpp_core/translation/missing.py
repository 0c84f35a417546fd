"""Events of a transaction that have not come: no loss of a translation, and yet somebody should know."""

from attrs import frozen

from ocpp_core.model.printing import shown


@frozen
class Missing:
    """A gap in the numbers of the events of a transaction: later ones have come. [2.0.1, TransactionEvent: seqNo]

    What has come is translated all the same, and nothing is held back; what is missing may come late. A first event may
    have any number.

    Attributes:
        transaction_id: In 2.x.
        first: ``seqNo`` of the first event that has not come.
        last: The same of the last one.
    """

    transaction_id: str
    first: int
    last: int

    def __str__(self) -> str:
        which = f"TransactionEvent {self.first}"
        which += "" if self.first == self.last else f" to {self.last}"
        return f"{which} of transaction {shown(self.transaction_id)} has not come"
