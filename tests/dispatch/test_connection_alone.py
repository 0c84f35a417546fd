"""What a connection does without: it has no event loop, no thread, no clock and no chance of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import evolve
from hypothesis import strategies as st

from ocpp_core.dispatch.connection import CallReceived, Connection, Event
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.specifications import specification
from owed_table import OWED
from pair import Pair, numbered
from properties import for_all


def test_connections_run_in_threads_without_an_event_loop(pair: Pair) -> None:
    """Each connection belongs to one thread at a time; the codec may belong to all."""
    here, there = pair.scene.here(), pair.scene.there()
    scene = evolve(pair.scene, here=lambda: here, there=lambda: there)

    def work(_: int) -> list[Event]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        one, events = Pair(scene), list[Event]()
        for number in range(20):
            one.call(number)
            one.pump()
            (call,) = one.there.events()
            assert isinstance(call, CallReceived)
            one.there.reply(call, scene.response(number))
            one.pump()
            events += one.events()
        return events

    with ThreadPoolExecutor(4) as threads:
        for events in threads.map(work, range(4)):
            assert [scene.response(number) for number in range(20)] == [
                getattr(event, "response", None) for event in events
            ]


def test_the_same_inputs_draw_the_same_outputs() -> None:
    """A recorded connection can be replayed, as time and ids come from outside."""
    texts = [text for text, *_ in OWED.values()] + [
        '[2,"17","Heartbeat",{}]',
        '[3,"1",{"status":"Accepted"}]',
        '[4,"1","GenericError","",{}]',
        '[2,"18","DataTransfer",{"vendorId":"v"}]',
    ]

    def outputs(version: str, inputs: list[str | float]) -> list[str]:
        connection = Connection(JsonCodec(version), new_id=numbered(""), call_timeout=5.0)
        request = specification(version).request("ClearCache")()
        found: list[Any] = []
        for step in inputs:
            if isinstance(step, str):
                connection.receive_message(step)
            else:
                connection.handle_timeout(step)
                if connection.can_call:
                    found.append(connection.call(request, now=step))
            found += [*connection.messages_to_send(), *connection.events(), connection.next_timeout()]
        return [repr(each) for each in found]

    def check(inputs: list[str | float]) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            assert outputs(version, inputs) == outputs(version, inputs)

    for_all(st.lists(st.sampled_from(texts) | st.floats(0, 100)), 50, check)
