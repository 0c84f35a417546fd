"""What a log of frames shows: no secret in whatever spelling, no driver if asked, and never more than was agreed."""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import attrs
import pytest

import secret_spellings
from classes import ALL_CLASSES
from ocpp_core.dispatch.connection import Connection
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import LoneCaller
from ocpp_core.jsonrpc.codec import JsonCodec
from ocpp_core.model.errors import FrameError
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Role
from ocpp_core.soap.codec import SoapCodec
from secret_spellings import SECRET

#: What has to be hidden of every spelling: the secret, and its beginning, as a cut might leave it.
SIGNS = (SECRET, SECRET[:7])


def logged(
    caplog: pytest.LogCaptureFixture, message: str | bytes, codec: Any, redaction: Redaction | None = None
) -> str:
    """What the log shows of a frame."""
    caplog.set_level(logging.DEBUG, "ocpp_core.frames")
    caller = LoneCaller("CP-1", codec.specification)
    Observer((), redaction or Redaction()).frame(caller, "in", message, codec)
    return caplog.records[-1].__dict__["frame"]  # type: ignore[no-any-return]


def test_the_changelog_tells_how_many_spellings_there_are() -> None:
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")

    assert f"of the {len(secret_spellings.JSON) + len(secret_spellings.SOAP)} spellings" in text


@pytest.mark.parametrize("version", ["1.6", "2.0", "2.0.1", "2.1"])
@pytest.mark.parametrize("name", secret_spellings.JSON)
def test_no_spelling_gets_a_secret_into_the_log(
    name: str, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    frame = secret_spellings.JSON[name].replace("%s", SECRET).replace("%%", "%")

    shown = logged(caplog, frame, JsonCodec(version))

    assert not any(sign in shown or sign in caplog.text for sign in SIGNS)


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
@pytest.mark.parametrize("name", secret_spellings.SOAP)
def test_no_spelling_gets_a_secret_into_the_log_of_envelopes(
    name: str, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    envelope = secret_spellings.SOAP[name].replace("%s", SECRET)

    shown = logged(caplog, envelope.encode(), SoapCodec(version))

    assert not any(sign in shown or sign in caplog.text for sign in SIGNS)


def texts_of_error(codec: Any, message: Any) -> list[str]:
    """What the error of a frame that is refused says, and the event that a default log writes."""
    known = codec.specification
    asked = "GetConfiguration" if "GetConfiguration" in known.actions else "GetVariables"
    try:
        codec.decode(message, awaiting={"1": known.request(asked)})
    except FrameError as error:
        connection = Connection(codec, new_id=str)
        connection.receive_message(message)
        events = [
            text for event in connection.events() for text in (repr(event), getattr(event, "reason", ""))
        ]
        # The peer's id goes back to it as it is, and so do its names.
        sent = [
            re.sub(r'"path":"[^"]*"', "", str(one).replace(error.id or " ", ""))
            for one in connection.messages_to_send()
        ]
        return [str(error), repr(error), error.reason, *map(str, error.violations), *events, *sent]
    return []


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("name", secret_spellings.JSON)
def test_no_spelling_gets_a_secret_into_an_error(name: str, version: str) -> None:
    frame = secret_spellings.JSON[name].replace("%s", SECRET).replace("%%", "%")

    assert not any(sign in text for text in texts_of_error(JsonCodec(version), frame) for sign in SIGNS)


@pytest.mark.parametrize("name", secret_spellings.SOAP)
def test_no_spelling_gets_a_secret_into_an_error_of_envelopes(name: str) -> None:
    envelope = secret_spellings.SOAP[name].replace("%s", SECRET)
    codec = SoapCodec("1.6", role=Role.CHARGE_POINT)

    assert not any(sign in text for text in texts_of_error(codec, envelope.encode()) for sign in SIGNS)


SHOWN: dict[str, tuple[str, str]] = {
    "another setting": (
        '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]',
        '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"60"}]',
    ),
    "the name of a setting": (
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"a b"}]',
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"***"}]',
    ),
    "names of settings": (
        '[2,"1","GetConfiguration",{"key":["AuthorizationKey","HeartbeatInterval"]}]',
        '[2,"1","GetConfiguration",{"key":["AuthorizationKey","HeartbeatInterval"]}]',
    ),
    "what became of a setting": (
        '[3,"1",{"setVariableResult":[{"attributeStatus":"Rejected","component":{"name":"SecurityCtrlr"},'
        '"variable":{"name":"BasicAuthPassword"}}]}]',
        '[3,"1",{"setVariableResult":[{"attributeStatus":"Rejected","component":{"name":"SecurityCtrlr"},'
        '"variable":{"name":"BasicAuthPassword"}}]}]',
    ),
    "a value beside a secret one": (
        '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"x"},{"key":"A","value":"1"}]}]',
        '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"***"},{"key":"A","value":"1"}]}]',
    ),
    "a URL": (
        '[2,"1","GetDiagnostics",{"location":"ftp://user:pw@host/a","retries":3}]',
        '[2,"1","GetDiagnostics",{"location":"ftp://***@host/a","retries":3}]',
    ),
    "a URL without a user": (
        '[2,"1","GetDiagnostics",{"location":"ftp://host:21/a"}]',
        '[2,"1","GetDiagnostics",{"location":"ftp://host:21/a"}]',
    ),
    "absence": (
        '[2,"1","SetNetworkProfile",{"basicAuthPassword":null,"password":""}]',
        '[2,"1","SetNetworkProfile",{"basicAuthPassword":null,"password":""}]',
    ),
    "JSON in a string": (
        '[2,"1","DataTransfer",{"data":"{\\"user\\": \\"me\\", \\"password\\": \\"x\\"}"}]',
        '[2,"1","DataTransfer",{"data":"{\\"user\\":\\"me\\",\\"password\\":\\"***\\"}"}]',
    ),
    "text in brackets": (
        '[4,"1","GenericError","[main] no connector",{}]',
        '[4,"1","GenericError","[main] no connector",{}]',
    ),
    "a driver": ('[2,"1","Authorize",{"idTag":"TAG-1"}]', '[2,"1","Authorize",{"idTag":"TAG-1"}]'),
    "control characters": ('[2,"\\u001b[2J\\u0085","A\\nB",{}]', '[2,"\\\\u001b[2J\\\\u0085","A\\\\nB",{}]'),
    "what is no JSON": ('[2,"1",', "(7 characters that cannot be read)"),
    "nothing": ("", "(0 characters that cannot be read)"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_no_secret_is_shown(name: str, caplog: pytest.LogCaptureFixture) -> None:
    frame, shown = SHOWN[name]

    assert shown.replace("\\\\", "\\") == logged(caplog, frame, JsonCodec("1.6")).replace("\\\\", "\\")


def test_an_envelope_is_shown_by_its_local_names(caplog: pytest.LogCaptureFixture) -> None:
    envelope = secret_spellings.SOAP["ChangeConfiguration"].replace("%s", SECRET)

    shown = json.loads(logged(caplog, envelope.encode(), SoapCodec("1.6")))

    assert {
        "Header": {"chargeBoxIdentity": "CP-1", "Action": "/ChangeConfiguration", "MessageID": "m"},
        "Body": {"changeConfigurationRequest": {"key": "AuthorizationKey", "value": "***"}},
    } == shown


TOKENS = (
    ("1.6", "Authorize", '{"idTag":"#"}'),
    ("1.6", "ReserveNow", '{"idTag":"X","parentIdTag":"#"}'),
    ("1.6", "SendLocalList", '{"localAuthorizationList":[{"idTag":"#","idTagInfo":{"parentIdTag":"#"}}]}'),
    ("1.6", "DataTransfer", '{"vendorId":"V","data":"{\\"id_tag\\":\\"#\\"}"}'),
    ("1.6", "DataTransfer", '{"vendorId":"V","data":"eMAID #"}'),
    ("2.0.1", "Authorize", '{"idToken":{"idToken":"#","type":"Central"},"certificate":"#"}'),
    (
        "2.0.1",
        "Authorize",
        '{"idToken":{"idToken":"X","additionalInfo":[{"additionalIdToken":"#","type":"A"}]}}',
    ),
    ("2.0.1", "Authorize", '{"iso15118CertificateHashData":[{"serialNumber":"#"}]}'),
    ("2.0.1", "RequestStartTransaction", '{"groupIdToken":{"idToken":"#","type":"Central"}}'),
    ("2.0.1", "Get15118EVCertificate", '{"exiRequest":"#"}'),
    ("2.0.1", "CustomerInformation", '{"customerIdentifier":"#"}'),
    ("2.0.1", "NotifyCustomerInformation", '{"data":"#"}'),
    ("2.1", "Get15118EVCertificate", '{"prioritizedEMAIDs":["#"]}'),
    ("2.1", "SetDefaultTariff", '{"idTokens":["#"]}'),
)


_MEMBERS = [
    (one.metadata["wire"].name, one.metadata["wire"].personal)
    for case in ALL_CLASSES
    for one in attrs.fields(case.values[0])
    if "wire" in one.metadata
]
#: The member ``idToken`` is an object, and one of that object its text.
TOKENS_IN = [("idToken", "idToken"), ("groupIdToken", "idToken")]
#: Members that tell who charges wherever they stand.
WHO_CHARGES = sorted(
    {name for name, tells in _MEMBERS if tells} - {name for name, tells in _MEMBERS if not tells}
)


@pytest.mark.parametrize("version, action, payload", TOKENS)
def test_who_charges_is_hidden_if_asked(
    version: str, action: str, payload: str, caplog: pytest.LogCaptureFixture
) -> None:
    frame = f'[2,"1","{action}",{payload.replace("#", "TAG-1")}]'
    codec = JsonCodec(version)

    assert "TAG-1" in logged(caplog, frame, codec)
    assert "TAG-1" not in logged(caplog, frame, codec, Redaction(id_tokens=True))


@pytest.mark.parametrize("place, name", [("x", name) for name in WHO_CHARGES] + TOKENS_IN)
def test_who_charges_is_hidden_whatever_stands_in_its_place(place: str, name: str) -> None:
    """A peer may send an object where the standard has text or a list."""
    frame = [2, "1", "Vendor", {place: {name: {"a": "TAG-1"}}}]

    assert "TAG-1" in Redaction().apply(frame)
    assert "TAG-1" not in Redaction(id_tokens=True).apply(frame)


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
@pytest.mark.parametrize("name", ["idTag", "parentIdTag"])
def test_who_charges_is_hidden_in_envelopes_if_asked(
    version: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    envelope = secret_spellings.SOAP["no XML"].partition("<c:change")[0]
    envelope += f'<c:a><c:{name} a="b"><![CDATA[TAG-1]]></c:{name}></c:a></e:Body></e:Envelope>'
    codec = SoapCodec(version)

    assert "TAG-1" in logged(caplog, envelope.encode(), codec)
    assert "TAG-1" not in logged(caplog, envelope.encode(), codec, Redaction(id_tokens=True))


def test_a_frame_is_cut_behind_the_search(caplog: pytest.LogCaptureFixture) -> None:
    frame = f'[2,"1","A",{{"a":"{"x" * 3_000}","password":"{SECRET}"}}]'

    shown = {
        length: logged(caplog, frame, JsonCodec("1.6"), Redaction(max_length=length))
        for length in (0, 10, 4_000)
    }

    assert [3, 13] == [len(shown[length]) for length in (0, 10)]
    assert shown[4_000].endswith('"password":"***"}]')


@pytest.mark.parametrize(
    "codec, size", [(JsonCodec("1.6", max_size=50), 60), (SoapCodec("1.6", max_size=50), 60)]
)
def test_what_is_too_long_is_not_read_for_the_log(
    codec: Any, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    frame: Any = (
        f'"{"x" * (size - 2)}"' if isinstance(codec, JsonCodec) else b"<a>" + b"x" * (size - 7) + b"</a>"
    )

    assert logged(caplog, frame, codec).startswith(f"({size} ")


def test_nothing_is_done_for_a_log_that_nobody_reads(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ocpp_core.frames")
    caller = LoneCaller("CP-1", specification("1.6"))

    Observer().frame(caller, "in", "", None)  # type: ignore[arg-type]

    assert not caplog.records


#: Two that are sorted where they stand behind a letter.
ACCENTS = "\u0301\u0323"
#: Frames that cost a search by patterns the square of their length.
SLOW = {
    "keys without a value": lambda n: (
        '[2,"1","A",{"a":[' + ",".join(n * ['{"key":"AuthorizationKey"}']) + "]}]"
    ),
    "opened URLs": lambda n: f'[2,"1","A",{{"a":"{"ftp://u:" * n}"}}]',
    "at signs": lambda n: f'[2,"1","A",{{"a":"{"//@" * n}"}}]',
    "parts of names": lambda n: f'[2,"1","A",{{"a":"{"authorization " * n}"}}]',
    "blanks behind a part of a name": lambda n: f'[2,"1","A",{{"a":"authorization{" -" * n}"}}]',
    "blanks": lambda n: f'[2,"1","A",{{"a":"{"  " * n}"}}]',
    "escapes": lambda n: f'[2,"1","A",{{"a":"{"&% " * n}"}}]',
    "brackets in a string": lambda n: f'[2,"1","A",{{"a":"{"[" * n}"}}]',
    "objects that name secrets": lambda n: (
        '[2,"1","A",{' + ",".join(f'"a{each}":{{"name":"password"}}' for each in range(n)) + "}]"
    ),
    "members": lambda n: '[2,"1","A",{' + ",".join(f'"a{each}":"b"' for each in range(n)) + "}]",
    "objects in objects": lambda n: (
        '[2,"1","A",[' + ",".join(n // 50 * [50 * '{"a":' + "1" + 50 * "}"]) + "]]"
    ),
    "lists": lambda n: f'[2,"1","A",[{",".join(n * ["[]"])}]]',
    "accents": lambda n: f'[2,"1","A",{{"a":"a{n * ACCENTS}"}}]',
    "escaped escapes": lambda n: f'[2,"1","A",{{"a":"%{"25" * n}"}}]',
    "short words": lambda n: f'[2,"1","A",{{"a":"{"pin " * n}"}}]',
    "schemes": lambda n: f'[2,"1","A",{{"a":"{"basic basic:// " * n}"}}]',
    "names far inside": lambda n: (
        '[2,"1","A",{"b":1,"a":[' + ",".join(n // 50 * [50 * '{"c":1,"a":' + '"password"' + 50 * "}"]) + "]}]"
    ),
    "quoted JSON": lambda n: f'[2,"1","A",{json.dumps({"a": json.dumps(json.dumps(n * ["a"]))})}]',
}


def process_time_of(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def seconds(frame: str) -> float:
    codec, redaction = JsonCodec("1.6", max_size=10**8), Redaction(max_length=10**8)
    return min(process_time_of(lambda: redaction.apply(codec.values(frame))) for _ in range(3))


@pytest.mark.parametrize("name", SLOW)
def test_time_grows_with_the_length_of_a_frame(name: str) -> None:
    """Eight times the length takes about eight times as long; by patterns it took 64 times."""
    short, long = seconds(SLOW[name](2_000)), seconds(SLOW[name](16_000))

    assert long < 24 * short + 0.01


def test_what_is_not_shown_is_not_searched() -> None:
    """Of a frame of which little is shown, showing it costs the same however long it is."""
    codec, redaction = JsonCodec("1.6", max_size=10**8), Redaction()

    def values(count: int) -> Any:
        items = ",".join(count * ['{"key":"AuthorizationKey","value":"x"}'])
        return codec.values(f'[2,"1","A",{{"a":[{items}]}}]')

    short, long = values(2_000), values(50_000)

    assert 4_003 == len(redaction.apply(long))
    assert process_time_of(lambda: redaction.apply(long)) < 5 * process_time_of(
        lambda: redaction.apply(short)
    )
