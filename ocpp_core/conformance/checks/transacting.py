"""A transaction that the kit plays, in the words of either family."""

from typing import Any

from attrs import define, field

from ocpp_core.conformance.checks.asking import ask, token_of
from ocpp_core.conformance.requests import is_first, readings, timestamp, token, transaction
from ocpp_core.conformance.stages import Answer, AnswerKind, Json, Stage

#: A transaction id that no CSMS gives.
UNKNOWN_ID = 2147480000


@define
class Transaction:
    """A transaction: what starts it, what happens in it, what ends it.

    Attributes:
        stage: Where it is played.
        token: Who charges; "" if nobody has said so.
        id: From the answer to StartTransaction in 1.x, ours in 2.x.
        seq_no: Of the next event.
    """

    stage: Stage
    token: str = field(default="")
    id: Any = None
    seq_no: int = 0

    @classmethod
    def of(cls, stage: Stage, token: str | None = None) -> "Transaction":
        """One that has not begun, of a token: one that may charge, unless another is given."""
        return cls(stage, token_of(stage) if token is None else token)

    @property
    def is_first(self) -> bool:
        """Whether the CSMS gives the id."""
        return is_first(self.stage.specification)

    async def start(self, *, at: str | None = None, energy: int = 1000, **members: Any) -> Answer:
        """Starts it; `needs_id` finds what the answer has told."""
        if self.is_first:
            written = {"connectorId": 1, "timestamp": at or timestamp(), "meterStart": energy}
            who = token(self.stage.specification, self.token)
            answer = await ask(self.stage, "StartTransaction", {**written, **who, **members})
            if answer.kind is AnswerKind.RESULT and answer.payload is not None:
                self.id = answer.payload.get("transactionId")
            return answer
        self.id = f"kit-{self.stage.new_id()}"[:36]
        return await self.event("Started", ("Authorized",), at=at, energy=energy, **members)

    async def stop(self, *, at: str | None = None, energy: int = 1500, **members: Any) -> Answer:
        """Ends it."""
        if self.is_first:
            written = {"transactionId": self.id, "timestamp": at or timestamp(), "meterStop": energy}
            who = token(self.stage.specification, self.token) if self.token else {}
            return await ask(self.stage, "StopTransaction", {**written, **who, **members})
        return await self.event("Ended", ("StopAuthorized",), at=at, energy=energy, **members)

    async def event(
        self, type: str, reason: tuple[str, ...], *, at: str | None = None, energy: int = 1200, **members: Any
    ) -> Answer:
        """An event of 2.x."""
        answer = await ask(self.stage, "TransactionEvent", self.written(type, reason, at, energy, members))
        self.seq_no += 1
        return answer

    def written(self, type: str, reason: tuple[str, ...], at: str | None, energy: int, members: Json) -> Json:
        """The members of an event."""
        specification = self.stage.specification
        within = {key: members.pop(key) for key in ("stoppedReason", "remoteStartId") if key in members}
        return {
            "eventType": type,
            "timestamp": at or timestamp(),
            "triggerReason": reason,
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
