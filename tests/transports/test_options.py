"""Options that there are not: said when the server, the application or the client is made."""

from typing import Any

import pytest

from loops import asynchronous
from ocpp_core import Router
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.websocket import connect, serve

#: A misspelt rule would let everybody in; one that is gone would fail with the first station.
MISSPELT = {"autenticate": "authenticate", "max_held_byte": "max_held_bytes"}


@pytest.mark.parametrize("name, meant", MISSPELT.items())
def test_an_application_is_not_made_with_an_option_that_there_is_not(name: str, meant: str) -> None:
    options: dict[str, Any] = {name: None}
    with pytest.raises(TypeError) as caught:
        OcppApp(Router(), **options)

    assert f"there is no option {name!r}; did you mean {meant!r}?" == str(caught.value)


@asynchronous
async def test_nor_is_a_server_or_a_client() -> None:
    options: dict[str, Any] = {"max_held_calls": 16}
    with pytest.raises(TypeError, match="there is no option 'max_held_calls'"):
        async with serve(Router(), "127.0.0.1", **options):
            pass
    with pytest.raises(TypeError, match="there is no option 'max_held_calls'"):
        async with connect("ws://127.0.0.1:1", "CP-1", Router(), "1.6", **options):
            pass
