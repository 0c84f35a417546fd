"""Further back-ends of a station: they receive what it sends, and are never waited for."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from sys import getsizeof
from typing import Any

from attrs import define

from ocpp_core.dispatch.router import Caller
from ocpp_core.gateway.backends import Backend
from ocpp_core.gateway.branches import Branch, Told
from ocpp_core.gateway.numbers import Numbers, UnknownTransactionError
from ocpp_core.gateway.ways import Way
from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError
from ocpp_core.model.identities import named
from ocpp_core.model.logs import logger
from ocpp_core.model.messages import Notification, Payload, Request, Response
from ocpp_core.model.shapes import shape
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.sessions.effects import Side
from ocpp_core.translation.sessions.stores import Store

_log = logger("gateway")

#: Messages of a station that wait for a mirror, and characters of them; of more, the oldest are dropped.
WAITING = 64
WAITING_SIZE = 262_144

#: Seconds before a mirror is begun anew whose session has failed, as when its store could not be written.
AGAIN = 30.0

#: Seconds for what still waits when the station goes; one that comes back at once waits for them.
BRIEFLY = 1.0

_BOOT = "BootNotification"


@define(eq=False)
class _Waiting:
    message: Request[Any] | Notification
    answer: Response | None
    size: int


class _Apart:
    """A store in which the records of a mirror stand beside those of the primary."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name

    def load(self, identity: str) -> Any:
        return self._store.load(self._named(identity))

    def save(self, identity: str, changes: Any) -> None:
        self._store.save(self._named(identity), changes)

    def _named(self, identity: str) -> str:
        return f"{identity}\n{self._name}"  # no identity has a line break


class _Numbered:
    """The station, as a mirror knows its transactions."""

    def __init__(self, station: Caller, numbers: Numbers) -> None:
        self._station = station
        self._numbers = numbers

    async def call(self, request: Request[Any], /) -> Any:
        try:
            asked = self._numbers.to_station(request)
        except UnknownTransactionError:
            raise OcppError(ErrorCode.PROPERTY_CONSTRAINT, "the station has no such transaction") from None
        return await self._station.call(asked)


class Mirror:
    """One station's connection to a back-end that looks on.

    It gets what the primary has answered, in that order and each once: what the primary has not answered, the station
    sends again. Its answers go nowhere. While it is away or slow, the newest `WAITING` messages wait, or as
    many as `WAITING_SIZE` holds; a BootNotification at their head is not dropped with the others, as a CSMS
    wants that first. Where its session fails, it is begun anew; the station is told nothing of either.

    Args:
        station: As its handlers see it.
        backend: The mirror.
        way: To it.
        store: In which its records stand apart from those of the primary.
        policy: Of its session.
        told: Is told of whatever passes.
    """

    def __init__(
        self,
        station: Caller,
        backend: Backend,
        way: Way,
        *,
        store: Store,
        policy: Policy,
        told: Told,
    ) -> None:
        self._identity = station.identity
        self._station = station
        self._backend = backend
        self._way = way
        self._store = store
        self._policy = policy
        self._told = told
        self._branch: Branch | None = None
        self._waiting: deque[_Waiting] = deque()
        self._size = 0
        self._dropped = 0
        self._has_some = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def put(self, message: Request[Any] | Notification, answer: Response | None) -> None:
        """Takes a message of the station that the primary has answered. It never blocks, and never fails."""
        entry = _Waiting(message, answer, _size(message, answer))
        is_boot = bool(self._waiting) and self._waiting[0].message.__ocpp__.action == _BOOT
        while len(self._waiting) > is_boot and (
            len(self._waiting) >= WAITING or self._size + entry.size > WAITING_SIZE
        ):
            self._drop(int(is_boot))
        self._waiting.append(entry)
        self._size += entry.size
        self._has_some.set()
        self._is_idle.clear()

    async def run(self) -> None:
        """Connects, again and again, and hands on what is waiting, until it is cancelled.

        Raises:
            LocalProtocolError: There can be no such station in its version.
        """
        while True:
            try:
                await self._run_once()
            except LocalProtocolError:
                raise
            except Exception:
                _log.exception("%s: %s has failed", named(self._identity), self._backend.name)
            await asyncio.sleep(AGAIN)

    async def close(self) -> None:
        """Hands on what is still waiting, if that goes quickly, and ends the link."""
        branch = self._branch
        if branch is not None and branch.is_there.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(BRIEFLY):
                    await self._is_idle.wait()
        self._dropped += len(self._waiting)
        self._tell_dropped()
        if branch is not None:
            await branch.close()

    async def _run_once(self) -> None:
        """The same with one session, until that is broken."""
        backend, name = self._backend, f"ocpp mirror {self._identity}"
        numbers = Numbers(_Apart(self._store, f"{backend.name}\nids"), self._identity)
        broken = asyncio.Event()
        branch = self._branch = Branch(
            self._station,
            _Numbered(self._station, numbers),
            backend,
            self._way,
            store=_Apart(self._store, backend.name),
            policy=self._policy,
            told=self._told,
            on_broken=lambda _: broken.set(),
            may_ask=lambda message: message.__ocpp__.action in backend.allows,
        )
        work: set[asyncio.Task[Any]] = {
            asyncio.create_task(branch.run(lambda _: True), name=name),
            asyncio.create_task(self._hand_on(branch, numbers), name=name),
            asyncio.create_task(broken.wait(), name=name),
        }
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await branch.close()
        for task in done:
            task.result()

    async def _hand_on(self, branch: Branch, numbers: Numbers) -> None:
        while not branch.link.is_over:
            await self._has_some.wait()
            await branch.is_there.wait()
            entry = self._waiting.popleft()
            self._size -= entry.size
            try:
                is_handed_on = await _handed_on(branch, numbers, entry)
            except UnknownTransactionError:
                self._miss("has not heard of the beginning of a transaction")
                is_handed_on = True
            if not is_handed_on:
                self._waiting.appendleft(entry)
                self._size += entry.size
                continue
            if not self._waiting:
                self._has_some.clear()
                self._is_idle.set()
                self._tell_dropped()

    def _drop(self, place: int) -> None:
        self._size -= self._waiting[place].size
        del self._waiting[place]
        self._miss("does not keep up")

    def _miss(self, why: str) -> None:
        if not self._dropped:
            _log.warning("%s: %s %s; messages are dropped", named(self._identity), self._backend.name, why)
        self._dropped += 1

    def _tell_dropped(self) -> None:
        if self._dropped:
            _log.warning(
                "%s: %s has missed %s messages",
                named(self._identity),
                self._backend.name,
                self._dropped,
            )
            self._dropped = 0


async def _handed_on(branch: Branch, numbers: Numbers, entry: _Waiting) -> bool:
    """Hands a message on; False if it was never sent."""
    if isinstance(entry.message, Notification):
        await branch.notify(Side.STATION, entry.message)
        return True
    answer = await branch.carry(Side.STATION, numbers.to_mirror(entry.message))
    if isinstance(answer, Response):
        numbers.learn(entry.answer, answer)
        return True
    return branch.is_there.is_set() or answer.__cause__ is not None


def _size(*messages: Payload | None) -> int:
    """About as many characters as their frames have; of numbers and times, the bytes that they take.

    All that a station sends is measured, so nothing is written for it, and no more is counted than there is room for.
    """
    size, left = 0, list[Any](messages)
    while left and size <= WAITING_SIZE:
        one = left.pop()
        if isinstance(one, str):
            size += len(one)
        elif isinstance(one, Payload):
            left += [getattr(one, field.name) for field in shape(type(one)).fields]
            left.append(one.extra)
        elif isinstance(one, Mapping):
            left += one.keys()
            left += one.values()
        elif isinstance(one, list | tuple):
            left += one
        elif one is not None:
            size += getsizeof(one)
    return size
