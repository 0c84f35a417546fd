"""Options that there are not, or that cannot work: said when the server, application, client or pair is made."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from ssl import create_default_context
from typing import Any

import pytest
from httpx import AsyncClient

from loops import asynchronous
from ocpp_core import LocalProtocolError, Router
from ocpp_core.dispatch import Hooks
from ocpp_core.transports import soap_station
from ocpp_core.transports._options import PORT
from ocpp_core.transports.admission import Admission
from ocpp_core.transports.asgi import OcppApp
from ocpp_core.transports.memory import pair
from ocpp_core.transports.styles import Style
from ocpp_core.transports.websocket import connect, serve

#: A misspelt rule would let everybody in; one that is gone would fail with the first station.
MISSPELT = {"autenticate": "authenticate", "max_held_byte": "max_held_bytes"}

Options = dict[str, Any]


def application(**options: Any) -> None:
    OcppApp(Router(), **options)


def server(**options: Any) -> AbstractAsyncContextManager[Any]:
    return serve(Router(), "127.0.0.1", **options)


def client(**options: Any) -> AbstractAsyncContextManager[Any]:
    return connect("ws://127.0.0.1:1", "CP-1", Router(), "1.6", **options)


def fast_client(**options: Any) -> AbstractAsyncContextManager[Any]:
    fast = pytest.importorskip("ocpp_core.transports.fast_websocket", exc_type=ImportError)
    made: AbstractAsyncContextManager[Any] = fast.connect(
        "ws://127.0.0.1:1", "CP-1", Router(), "1.6", **options
    )
    return made


def soap_client(**options: Any) -> AbstractAsyncContextManager[Any]:
    return soap_station.connect("http://127.0.0.1:1/", "CP-1", Router(), "1.6", **options)


def two(**options: Any) -> AbstractAsyncContextManager[Any]:
    return pair("1.6", **options)


#: What takes options.
MAKERS: dict[str, Callable[..., Any]] = {
    "OcppApp": application,
    "serve": server,
    "connect": client,
    "pair": two,
}


#: The same of some options.
OTHERS = {"fast connect": fast_client, "SOAP connect": soap_client}


async def make(maker: str, options: Options) -> None:
    made = {**MAKERS, **OTHERS}[maker](**options)
    if made is not None:
        async with made:
            raise AssertionError("it has been made")


@pytest.mark.parametrize("name, meant", MISSPELT.items())
@pytest.mark.parametrize("maker", ["OcppApp", "serve"])
@asynchronous
async def test_nothing_is_made_with_an_option_that_there_is_not(maker: str, name: str, meant: str) -> None:
    with pytest.raises(TypeError) as caught:
        await make(maker, {name: None})

    assert f"there is no option {name!r}; did you mean {meant!r}?" == str(caught.value)


@pytest.mark.parametrize("maker", MAKERS)
@asynchronous
async def test_an_option_that_is_gone_is_said_by_all(maker: str) -> None:
    with pytest.raises(TypeError, match="there is no option 'max_held_calls'"):
        await make(maker, {"max_held_calls": 16})


@pytest.mark.parametrize(
    "given, said",
    [
        ((7, "CP-1", Router()), "option url: text wanted, not 7"),
        (("ws://127.0.0.1:1", 7, Router()), "option identity: text wanted, not 7"),
        (("ws://127.0.0.1:1", "CP-1", object()), "option router: "),
    ],
)
@pytest.mark.parametrize("connecting", [connect, soap_station.connect])
@asynchronous
async def test_what_a_station_connects_with_has_its_type(
    connecting: Callable[..., Any], given: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        async with connecting(*given, "1.6"):
            pass


@pytest.mark.parametrize("port", [0, 65_535])
def test_a_port_is_any_that_there_is(port: int) -> None:
    PORT.check("port", port)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_is_none_that_there_is_not(port: int) -> None:
    with pytest.raises(ValueError, match="a port from 0 to 65535"):
        PORT.check("port", port)


Wrong = list[tuple[Options, type[Exception], str]]

OF_PEERS: Wrong = [
    (
        {"max_held_bytes": 0},
        ValueError,
        "option max_held_bytes: a whole number over 0 wanted, not 0",
    ),
    ({"max_held_bytes": True}, TypeError, "wanted, not True"),
    ({"max_held_bytes": 1.5}, TypeError, "wanted, not 1.5"),
    (
        {"call_timeout": "30"},
        TypeError,
        "option call_timeout: seconds, more than 0, or None wanted, not str",
    ),
    ({"call_timeout": 0}, ValueError, "wanted, not 0"),
    ({"call_timeout": float("nan")}, ValueError, "wanted, not nan"),
    ({"grace": -1}, ValueError, "option grace: seconds, 0 or more, wanted, not -1"),
    ({"new_id": "id"}, TypeError, "option new_id: a function wanted, not str"),
    ({"hooks": object()}, TypeError, "option hooks: a list of Hooks wanted, not object"),
    (
        {"hooks": [print]},
        ValueError,
        "option hooks: a list of Hooks wanted, not [builtin_function_or_method]",
    ),
    ({"hooks": [Hooks]}, ValueError, "option hooks: a list of Hooks wanted, not [the class Hooks]"),
    ({"hooks": ["a secret"]}, ValueError, "option hooks: a list of Hooks wanted, not [str]"),
    ({"redaction": True}, TypeError, "option redaction: a Redaction or None wanted, not True"),
]

OF_SERVERS: Wrong = [
    ({"authenticate": True}, TypeError, "option authenticate: a function or None wanted, not True"),
    ({"identities": 5}, TypeError, "option identities: a function or None wanted, not 5"),
    ({"profiles": [7]}, ValueError, "option profiles: a list of security profiles from 0 to 3, as [2],"),
    ({"profiles": [2, 7]}, ValueError, "wanted, not [2, 7]"),
    ({"profiles": 2}, TypeError, "wanted, not 2"),
    ({"tolerance": "tolerant"}, TypeError, "option tolerance: a Tolerance, or a function"),
    ({"aliases": ["ocpp2.0"]}, TypeError, "option aliases: a mapping of subprotocols"),
    ({"aliases": {"ocpp2.0": 2}}, ValueError, "option aliases: "),
    ({"aliases": {"ocpp2.0": "9"}}, LookupError, "9"),
    ({"default_version": "1.7"}, LookupError, "1.7"),
    ({"default_version": 1.6}, TypeError, "option default_version: text or None wanted, not 1.6"),
    ({"no_common_version": "reject"}, ValueError, "'close' or 'refuse' wanted, not 'reject'"),
    (
        {"default_version": "1.6", "accepts": ["2.0.1"]},
        LocalProtocolError,
        "OCPP 1.6 is not accepted, only 2.0.1",
    ),
    (
        {"aliases": {"v16": "1.6"}, "accepts": []},
        LocalProtocolError,
        "aliases 'v16': OCPP 1.6 is not accepted, only",
    ),
    ({"bound_by": None}, TypeError, "option bound_by: "),
    ({"soap_without_authentication": 1}, TypeError, "option soap_without_authentication: True or"),
    ({"menders": {"CP-1": "replace"}}, ValueError, "option menders: a mapping of identities to menders"),
    ({"menders": []}, TypeError, "option menders: "),
    ({"styles": {"CP-1": 3}}, ValueError, "option styles: a mapping of identities to styles"),
    ({"styles": Style()}, TypeError, "option styles: a mapping of identities to styles"),
    ({"accepts": "1.6"}, TypeError, "option accepts: a list of versions wanted"),
    ({"admission": True}, TypeError, "option admission: an Admission or None wanted, not True"),
    ({"on_connect": "hello"}, TypeError, "option on_connect: a function or None wanted, not str"),
    ({"on_disconnect": 1}, TypeError, "option on_disconnect: "),
    ({"replaces": False}, TypeError, "option replaces: "),
    ({"handlers_wait": None}, TypeError, "option handlers_wait: True or False wanted, not None"),
    ({"max_size": 0}, ValueError, "option max_size: "),
    ({"speaks": 2.0}, TypeError, "option speaks: text or None wanted, not 2.0"),
    ({"speaks": "3.0"}, LookupError, "3.0"),
    ({"speaks": "1.6", "store": "state.db"}, ValueError, "option store: a Store or None wanted, not str"),
    ({"speaks": "1.6", "policy": {}}, TypeError, "option policy: a Policy or None wanted, not dict"),
    ({"write_timeout": 0}, ValueError, "option write_timeout: "),
]

#: By who takes them: an option that cannot work, its error, and what is said of it.
WRONG: list[tuple[str, Options, type[Exception], str]] = [
    *((maker, *wrong) for maker in MAKERS for wrong in OF_PEERS),
    *((maker, *wrong) for maker in ("OcppApp", "serve") for wrong in OF_SERVERS),
    ("serve", {"port": 70_000}, ValueError, "option port: a port from 0 to 65535 wanted, not 70000"),
    ("serve", {"port": "9000"}, TypeError, "option port: "),
    ("serve", {"ssl": True}, TypeError, "option ssl: an SSLContext or None wanted, not True"),
    ("serve", {"ping_interval": 0}, ValueError, "option ping_interval: "),
    ("serve", {"compression": "deflate"}, TypeError, "option compression: "),
    ("serve", {"require_connection_header": "no"}, TypeError, "option require_connection_header: "),
    ("OcppApp", {"role": "CSMS"}, TypeError, "option role: "),
    ("OcppApp", {"may_call": True}, TypeError, "option may_call: a function or None wanted, not True"),
    ("OcppApp", {"client": object()}, ValueError, r"option client: an httpx.AsyncClient or None wanted"),
    ("OcppApp", {"sender_fault_status": 404}, ValueError, "option sender_fault_status: 400 or 500 wanted"),
    ("OcppApp", {"max_stations": -1}, ValueError, "option max_stations: "),
    ("connect", {"password": 12345678}, TypeError, "option password: text or bytes or None wanted, not"),
    (
        "connect",
        {"ssl": create_default_context()},
        LocalProtocolError,
        "a URL of wss or https is needed, not ws",
    ),
    (
        "fast connect",
        {"ssl": create_default_context()},
        LocalProtocolError,
        "a URL of wss or https is needed",
    ),
    (
        "SOAP connect",
        {"ssl": create_default_context()},
        LocalProtocolError,
        "of wss or https is needed, not http",
    ),
    ("SOAP connect", {"ssl": True}, TypeError, "option ssl: an SSLContext or None wanted, not True"),
    ("SOAP connect", {"password": 1}, TypeError, "option password: text or bytes or None wanted, not 1"),
    ("SOAP connect", {"password": "x", "client": AsyncClient()}, LocalProtocolError, "has its own"),
    ("connect", {"reconnect": "yes"}, TypeError, "option reconnect: "),
    ("connect", {"backoff": 10}, TypeError, "option backoff: a Backoff or None wanted, not 10"),
    ("connect", {"style": 3}, TypeError, "option style: a Style wanted, not 3"),
    ("connect", {"mend": "replace"}, TypeError, "option mend: a function or None wanted, not str"),
    ("connect", {"retries": 3}, TypeError, "option retries: a function or None wanted, not 3"),
    ("connect", {"tolerance": lambda _: None}, TypeError, "option tolerance: "),
]


@pytest.mark.parametrize("maker, options, kind, said", WRONG)
@asynchronous
async def test_an_option_that_cannot_work_is_said_at_once(
    maker: str, options: Options, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as caught:
        await make(maker, options)

    assert said in str(caught.value)


@asynchronous
async def test_a_router_is_what_is_served() -> None:
    options: Options = {"router": OcppApp(Router())}
    with pytest.raises(TypeError, match="option router: a Router wanted, not OcppApp"):
        OcppApp(**options)
    with pytest.raises(TypeError, match="option router: "):
        async with serve(**options):
            pass


def test_a_password_is_not_quoted() -> None:
    secret: Any = ["hunter2"]
    with pytest.raises(TypeError) as caught:
        Admission(authenticate=secret)

    assert "hunter2" not in str(caught.value)
