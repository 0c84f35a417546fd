"""What a session knows: its records, and what it may forget with its process."""

from datetime import datetime, timedelta
from typing import Any

from attrs import define, field
from msgspec import Struct, ValidationError, convert, to_builtins
from msgspec import field as member
from msgspec.structs import replace as replaced

from ocpp_core import v201
from ocpp_core.model.codes import ErrorCode
from ocpp_core.translation.configuration import CONNECTION_TIMEOUT, Known, Target
from ocpp_core.translation.policies import TOKEN_TYPES, Policy
from ocpp_core.translation.runs import Unfit
from ocpp_core.translation.sessions.ids import Ids
from ocpp_core.translation.sessions.records import Records, moment, moment_text, packed, unpacked
from ocpp_core.translation.sessions.stores import StateError, Store

#: Ids of 1.x beyond this are not adopted: a station that names them shall not use up those that are left.
_LARGEST_ADOPTED = 2_000_000_000

#: Before the first number.
NO_EVENT = -1


class TransactionRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One transaction. Which fields are used depends on which side is older; the store has those that say something.

    Every message of a transaction makes new records of it and writes them: a `Struct` does both quickly.

    Attributes:
        id: In 2.x.
        number: In 1.x; None before it is known, which is when the CSMS has answered.
        place: Connector of 1.x, EVSE of 2.x; 0 if it is not known.
        tag: The idTag that began it.
        token: The token that began it, packed.
        seq_no: Of the next event to the CSMS, or the highest that came from the station; `NO_EVENT` if none has.
        state: Charging state, as the CSMS knows it, or as the station has said.
        remote_start_id: Of the command that began it.
        reservation_id: That it uses up.
        stop: What has asked for its end.
        stop_tag: The idTag that has.
        meter_start: In Wh, as it was sent.
        begin: Reading of the energy register at the beginning, as far as it is known, in Wh.
        is_exact: Whether that was read for the beginning; else it is the first that came.
        register: Last reading of the energy register, in Wh.
        is_connected: A vehicle is there, as far as is known.
        was_charging: Energy was delivered, or may have been.
        is_started: The CSMS has been told of its beginning, and has answered.
        is_ended: The station has reported its end.
        ended: When the CSMS has answered that.
        outbox: Digest and number of the events that the CSMS has not answered. Each is a record of its own.
        seen: Digests of what the CSMS has answered; or numbers of what the station has sent, with the packed answers
            and whether that was all.
        buffer: Packed meter values that wait for the beginning.
        start_request: Packed request that has told the CSMS of its beginning, which it may have without an answer.
        stop_request: The same of its end.
        start_reply: Packed answer to its beginning.
        stop_reply: Packed answer to its end.
    """

    id: str
    number: int | None = None
    place: int = 0
    tag: str = ""
    token: str | None = None
    seq_no: int = 0
    state: str | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    stop: str | None = None
    stop_tag: str | None = None
    meter_start: int | None = None
    begin: str | None = None
    is_exact: bool = False
    register: str | None = None
    is_connected: bool | None = None
    was_charging: bool = False
    is_started: bool = False
    is_ended: bool = False
    ended: str | None = None
    outbox: list[tuple[str, int]] = member(default_factory=list)
    seen: list[Any] = member(default_factory=list)
    buffer: list[str] = member(default_factory=list)
    start_request: str | None = None
    stop_request: str | None = None
    start_reply: str | None = None
    stop_reply: str | None = None


@define
class Outlet:
    """A connector of 1.x or an EVSE of 2.x, as far as it is known since the session was made.

    Attributes:
        status: Last status that the station reported, in its words.
        sent: Last status that the CSMS has answered, in its words.
        error: Last error code that was reported.
        is_triggered: The CSMS has asked for the status, so it is sent even if it is the same.
        connector: Of the EVSE, the one last seen occupied.
        connectors: Status of each connector of the EVSE.
        is_after: A transaction has ended here, and the vehicle may still be there.
        register: Last reading of the energy register, in Wh.
    """

    status: str | None = None
    sent: str | None = None
    error: str = "NoError"
    is_triggered: bool = False
    connector: int = 1
    connectors: dict[int, str] = field(factory=dict)
    is_after: bool = False
    register: str | None = None


class State:
    """Everything that is remembered of one station. It is a `Memory` for the rows of the steps."""

    def __init__(self, identity: str, store: Store, policy: Policy, ids: Ids) -> None:
        self.identity = identity
        self.policy = policy
        self.ids = ids
        self.records: Records = Records(identity, store)
        #: When the station connected.
        self.since: datetime | None = None
        #: By connector or EVSE; 0 is the station.
        self.outlets: dict[int, Outlet] = {}
        #: What was read of its settings since it booted, by folded `Target`; no more than there are keys.
        self.variables: dict[Target, Known] = {}
        #: What is known of the station, and needs no store: see the rules that use it.
        self.hints: dict[str, Any] = {}
        known = [self._checked(*item) for item in self.records.all("transaction").items()]
        self._open = {one.id: one.place for one in known if not one.is_ended}
        #: What was written last, beside its value: most of what is asked for is that.
        self._latest: tuple[Any, TransactionRecord] | None = None
        self._latest_event: tuple[str, v201.TransactionEventRequest] | None = None

    def _checked(self, id: str, value: Any) -> TransactionRecord:
        """A record as it was loaded."""
        try:
            return _transaction(value)
        except ValidationError as error:
            raise StateError(self.identity, f"its transaction {id} is none: {error}") from None

    # Tokens

    def token(self, tag: str) -> tuple[str, str] | None:
        """See `Memory`."""
        found = self.records.get("token", tag.casefold())
        return None if found is None else (found["token"], found["type"])

    def learn(self, tag: str, token: str, kind: str) -> None:
        """See `Memory`. Of a type that there is not, as tolerated ones may have, nothing is kept."""
        kind = kind if kind in TOKEN_TYPES else ""
        if self.token(tag) != (token, kind):
            value = {"token": token, "type": kind}
            self.records.push("token", tag.casefold(), value, self.policy.most_tokens)

    # Transactions

    def newer_transaction(self, number: int) -> str | None:
        """See `Memory`."""
        found: str | None = self.records.get("number", str(number))
        return found

    def older_transaction(self, id: str) -> int | None:
        """See `Memory`."""
        found = self.records.get("transaction", id)
        return None if found is None else found.get("number")

    def occupied_as(self, connector: int) -> str:
        """See `Memory`."""
        found = self.records.get("use", str(connector))
        return "Preparing" if found is None else str(found["status"])

    def has_set_monitor(self, id: int) -> bool:
        """See `Memory`."""
        return self.records.get("monitor", str(id)) is not None

    def monitor(self, id: int) -> dict[str, Any] | None:
        """See `Memory`."""
        known = self.records.get("monitor", str(id)) or self.records.get("reported", str(id))
        # The store of an earlier release has no values.
        return known if known is not None and "value" in known else None

    def transaction(self, id: str | None) -> TransactionRecord | None:
        """By its id in 2.x."""
        found = None if id is None else self.records.get("transaction", id)
        if found is not None and self._latest is not None and found is self._latest[0]:
            return self._latest[1]
        return None if found is None else _transaction(found)

    def running(self, place: int | None = None) -> TransactionRecord | None:
        """The one that began last of those that have not ended, anywhere or at one place."""
        found = [id for id, at in self._open.items() if place is None or at == place]
        return self.transaction(found[-1]) if found else None

    def save(self, record: TransactionRecord) -> TransactionRecord:
        """Writes a transaction. Events that are not in its outbox any more are forgotten.

        Raises:
            Unfit: It says what no record may, as the message does that was tolerated. Nothing has changed.
        """
        value = to_builtins(record)
        try:
            _transaction(value)
        except ValidationError:
            raise Unfit(None, record.id, error=ErrorCode.TYPE_CONSTRAINT) from None
        known = self.records.get("transaction", record.id)
        waiting = {number for _, number in record.outbox}
        for _, number in known.get("outbox", ()) if known is not None else ():
            if number not in waiting:
                self.records.remove("event", _event(record.id, number))
        if known is None:
            self._make_room()
            self.records.push("transaction", record.id, value, self.policy.most_transactions)
        else:
            self.records.put("transaction", record.id, {**value, "order": known["order"]})
        self._latest = self.records.get("transaction", record.id), record
        if record.number is not None and self.newer_transaction(record.number) != record.id:
            self.records.put("number", str(record.number), record.id)
        if record.is_ended:
            self._open.pop(record.id, None)
        else:
            self._open[record.id] = record.place
        return record

    def keep_event(self, id: str, event: v201.TransactionEventRequest) -> None:
        """Writes an event of a transaction, until it leaves the outbox."""
        text = packed(event)
        self.records.put("event", _event(id, event.seq_no), text)
        self._latest_event = text, event

    def event(self, id: str, number: int) -> v201.TransactionEventRequest:
        """An event that waits."""
        text: str = self.records.get("event", _event(id, number))
        if self._latest_event is not None and text is self._latest_event[0]:
            return self._latest_event[1]
        return unpacked(v201.TransactionEventRequest, text)

    def forget(self, record: TransactionRecord) -> None:
        """Removes a transaction, its number and its events."""
        self.records.remove("transaction", record.id)
        for _, number in record.outbox:
            self.records.remove("event", _event(record.id, number))
        if record.number is not None and self.newer_transaction(record.number) == record.id:
            self.records.remove("number", str(record.number))
        self._open.pop(record.id, None)

    def _make_room(self) -> None:
        """Of too many, one that has ended goes first. One that runs goes as if its record was lost."""
        known = self.records.all("transaction")
        if len(known) >= self.policy.most_transactions:
            # By their values: a station that begins one after another must not have us build all of them each time.
            oldest = next((id for id, value in known.items() if value.get("ended")), next(iter(known)))
            self.forget(_transaction(known[oldest]))

    def new_number(self) -> int:
        """An id for 1.x, never the same again."""
        given = self.ids.number()
        return self.records.next_id("transaction") if given is None else given

    def adopt(self, number: int) -> None:
        """A station speaks of an id that is not known here: none of those up to it is given any more."""
        given = self.records.get("counter", "transaction") or 0
        if given < number <= _LARGEST_ADOPTED:
            self.records.put("counter", "transaction", number)

    # Ids

    def new_request_id(self) -> int:
        """An id for a request that needs one."""
        given = self.ids.request()
        return self.records.next_id("request") if given is None else given

    # Remote starts

    def expect(self, remote_start_id: int, tag: str, place: int | None, now: datetime) -> None:
        """A remote start was asked for. Who asks for a thousand is remembered the last ones of."""
        until = moment_text(now + timedelta(seconds=self._start_timeout()))
        value = {"tag": tag, "place": place, "until": until}
        self.records.push("start", str(remote_start_id), value, self.policy.most_transactions)

    def _start_timeout(self) -> int:
        known = self.variables.get(CONNECTION_TIMEOUT.folded)
        said = "" if known is None or known.value is None else known.value
        # A longest time, as a station may say any number.
        is_known = said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS and int(said) > 0
        return int(said) + _START_MARGIN if is_known else self.policy.start_timeout

    def started(self, tag: str, place: int, now: datetime) -> int | None:
        """Takes the remote start that a transaction of this idTag belongs to."""
        self.expire(now)
        for name, value in self.records.all("start").items():
            if value["tag"].casefold() == tag.casefold() and value["place"] in (None, place):
                self.records.remove("start", name)
                return int(name)
        return None

    def bind(self, id: str, remote_start_id: int) -> None:
        """A remote start has led to this transaction."""
        pending = self.records.get("start", str(remote_start_id))
        record = self.transaction(id) or TransactionRecord(id=id, seq_no=NO_EVENT)
        if pending is not None and not record.is_started:
            self.records.remove("start", str(remote_start_id))
            tag = record.tag or pending["tag"]
            self.save(replaced(record, remote_start_id=remote_start_id, tag=tag))

    # Outlets

    def outlet(self, number: int) -> Outlet:
        """What is known of a connector or an EVSE."""
        found = self.outlets.get(number)
        if found is None:
            found = Outlet()
            if len(self.outlets) < _MOST_OUTLETS:  # what lies beyond is as good as new each time
                self.outlets[number] = found
        return found

    def evses(self) -> list[int]:
        """Those that are known, without the station itself."""
        return sorted(number for number in self.outlets if number)

    # Time

    def connected(self, is_station: bool, now: datetime) -> None:
        """A side is there."""
        if is_station:
            self.since = now
        self.expire(now)
        old = now - timedelta(seconds=self.policy.keep_transactions)
        for one in list(self.records.all("transaction").values()):
            if one.get("ended") and moment(one["ended"]) < old:
                self.forget(_transaction(one))

    @property
    def wake_at(self) -> datetime | None:
        """When something expires."""
        return min((moment(one["until"]) for one in self.records.all("start").values()), default=None)

    def expire(self, now: datetime) -> None:
        """Gives up what has waited too long."""
        for name, value in list(self.records.all("start").items()):
            if moment(value["until"]) <= now:
                self.records.remove("start", name)


#: Seconds more than the station waits for a vehicle, for the way of the messages.
_START_MARGIN = 60
#: Of those seconds: up to eleven days.
_MOST_DIGITS = 6

#: Connectors of a station; a hostile one can name any number.
_MOST_OUTLETS = 1_000


def _event(id: str, number: int) -> str:
    return f"{id}/{number}"


def _transaction(value: dict[str, Any]) -> TransactionRecord:
    return convert(value, TransactionRecord)
