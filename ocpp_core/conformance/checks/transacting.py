"""A transaction that the kit plays, in the words of either family."""

from itertools import count
from typing import Any

from attrs import define, field

from ocpp_core.conformance.checks.asking import ask, token_of
from ocpp_core.conformance.requests import is_first, readings, timestamp, token, transaction
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, Stage

#: A transaction id that no CSMS gives.
UNKNOWN_ID = 2147480000


#: What stands in the object of the transaction, and not beside it.
_WITHIN = ("stoppedReason", "remoteStartId", "transactionLimit")

#: What the meter shows at the start of a transaction, in Wh: no two look alike, as no two of a real station do.
_METER = count(1000, 1000)


@define
class Transaction:
    """A transaction: what starts it, what happens in it, what ends it.

    Attributes:
        stage: Where it is played.
        token: Who charges; "" if nobody has said so.
        id: From the answer to StartTransaction in 1.x, ours in 2.x.
        seq_no: Of the next event.
        energy: What the meter shows at its start, in Wh.
    """

    stage: Stage
    token: str = field(default="")
    id: Any = None
    seq_no: int = 0
    energy: int = field(factory=lambda: next(_METER))

    @classmethod
    def of(cls, stage: Stage, token: str | None = None) -> "Transaction":
        """One that has not begun, of a token: one that may charge, unless another is given."""
        return cls(stage, token_of(stage) if token is None else token)

    @property
    def is_first(self) -> bool:
        """Whether the CSMS gives the id."""
        return is_first(self.stage.specification)

    def _energy(self, given: int | None, passed: int) -> int:
        return self.energy + passed if given is None else given

    async def start(self, *, at: str | None = None, energy: int | None = None, **members: Any) -> Answer:
        """Starts it; `needs_id` finds what the answer has told."""
        if self.is_first:
            written = {
                "connectorId": 1,
                "timestamp": at or timestamp(),
                "meterStart": self._energy(energy, 0),
            }
            who = token(self.stage.specification, self.token)
            answer = await ask(self.stage, "StartTransaction", {**written, **who, **members})
            if answer.kind is AnswerKind.RESULT and answer.payload is not None:
                self.id = answer.payload.get("transactionId")
            return answer
        self.id = f"kit-{self.stage.new_id()}"[:36]
        shown = self._energy(energy, 0)
        return await self.event("Started", ("Authorized",), at=at, energy=shown, **members)

    async def stop(self, *, at: str | None = None, energy: int | None = None, **members: Any) -> Answer:
        """Ends it."""
        if self.is_first:
            written = {
                "transactionId": self.id,
                "timestamp": at or timestamp(),
                "meterStop": self._energy(energy, 500),
            }
            who = token(self.stage.specification, self.token) if self.token else {}
            return await ask(self.stage, "StopTransaction", {**written, **who, **members})
        shown = self._energy(energy, 500)
        return await self.event("Ended", ("StopAuthorized",), at=at, energy=shown, **members)

    async def event(
        self,
        type: str,
        trigger: tuple[str, ...],
        *,
        at: str | None = None,
        energy: int = 1200,
        **members: Any,
    ) -> Answer:
        """An event of 2.x."""
        answer = await ask(
            self.stage,
            "TransactionEvent",
            self.written(type, trigger, at, self._energy(energy, 200), members),
        )
        self.seq_no += 1
        return answer

    def written(
        self, type: str, trigger: tuple[str, ...], at: str | None, energy: int, members: Json
    ) -> Json:
        """The members of an event."""
        specification = self.stage.specification
        within = {key: members.pop(key) for key in _WITHIN if key in members}
        return {
            "eventType": type,
            "timestamp": at or timestamp(),
            "triggerReason": trigger,
            "seqNo": self.seq_no,
            "evse": {"id": 1, "connectorId": 1},
            **transaction(specification, self.id, **within),
            **readings(specification, energy, at=at),
            **(token(specification, self.token) if self.token else {}),
            **members,
        }

    async def begun(self, **members: Any) -> Json:
        """Starts it where that has to work.

        Raises:
            Inconclusive: It does not.
        """
        payload = self.stage.needed(await self.start(**members), "the answer to the start of a transaction")
        if self.id is None:
            self.stage.cannot_tell("the answer to StartTransaction has no transaction id")
        return payload
