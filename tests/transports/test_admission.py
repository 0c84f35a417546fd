"""Who is let in: versions, identities and credentials, judged without a server."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest

from ocpp_core import ErrorCode, LocalProtocolError, Tolerance, Version, Wire
from ocpp_core.dispatch.hooks import Observer
from ocpp_core.transports import _handshake as pure
from ocpp_core.transports.admission import Admission, Handshake, Refusal, admission_of, refused
from ocpp_core.transports.http_request import Headers, HttpRequest

KEY = bytes(range(0xEC, 0x100))  # 20 bytes, none of them text


def admit(path: str, offers: str = "ocpp1.6", *authorization: str, **rules: Any) -> Handshake | Refusal:
    rules.setdefault("accepts", ["2.0.1", "1.6"])
    admission = Admission(**rules)
    return asyncio.run(admission.admit(request(path, authorization, offers=[offers] if offers else [])))


def request(path: str = "", authorization: Sequence[str] = (), **said: Any) -> HttpRequest:
    headers = Headers(("Authorization", value) for value in authorization)
    return HttpRequest(path=path, headers=headers, **said)


def status(verdict: Handshake | Refusal) -> int:
    return verdict.status if isinstance(verdict, Refusal) else 101


def test_j12_without_a_common_version_the_handshake_is_completed_or_refused() -> None:
    closes = admit("/CP-1", "ocpp9")

    assert isinstance(closes, Handshake)
    assert closes.version is None
    assert closes.subprotocol is None
    assert status(admit("/CP-1", "ocpp9", no_common_version="refuse")) == 400
    assert status(admit("/CP-1", "", no_common_version="refuse")) == 400


def test_j12_default_version_is_for_those_that_offer_none() -> None:
    silent = admit("/CP-1", "", default_version="1.6")
    other = admit("/CP-1", "ocpp9", default_version="1.6")

    assert isinstance(silent, Handshake)
    assert (silent.version, silent.subprotocol) == (Version.V1_6, None)
    assert isinstance(other, Handshake)
    assert other.version is None


def test_aliases_may_depend_on_the_station() -> None:
    def aliases(identity: str) -> dict[str, str]:
        return {"ocpp2.0": "2.0.1"} if identity == "OLD" else {}

    old = admit("/OLD", "ocpp2.0", aliases=aliases)
    new = admit("/NEW", "ocpp2.0", aliases=aliases)

    assert isinstance(old, Handshake)
    assert isinstance(new, Handshake)
    assert (old.version, new.version) == (Version.V2_0_1, None)


@pytest.mark.parametrize(
    "identity, version, expected",
    [
        ("CS:7", "ocpp1.6", 101),
        ("CS:7", "ocpp2.0.1", 401),
        ("CS 7", "ocpp1.6", 101),
        ("CS 7", "ocpp2.0.1", 404),
        ("a*-_=+|@.9", "ocpp2.0.1", 101),
        ("x" * 48, "ocpp2.0.1", 101),
        ("x" * 49, "ocpp2.0.1", 404),
        ("x" * 49, "ocpp1.6", 101),
    ],
)
def test_part2_2_1_4_identities_of_each_version(identity: str, version: str, expected: int) -> None:
    path = "/ocpp/" + quote(identity, safe="")

    assert status(admit(path, version)) == expected
    assert status(admit(path, version, tolerance=Tolerance.TOLERANT)) == 101


def test_j_3_2_unknown_identities_are_404_and_known_ones_may_be_renamed() -> None:
    async def identities(handshake: Handshake) -> str | None:
        return {"cp-1": "CP-1"}.get(handshake.identity.lower())

    known = admit("/Cp-1", identities=identities)

    assert isinstance(known, Handshake)
    assert known.identity == "CP-1"
    assert status(admit("/CP-2", identities=identities)) == 404
    assert status(admit("/")) == 404


@pytest.mark.parametrize(
    "identity, user, password, tolerance, expected",
    [
        ("CP-1", "CP-1", KEY, Tolerance.STRICT, 101),
        ("A:B", "A:B", KEY, Tolerance.STRICT, 101),
        ("CP-1", "CP-2", KEY, Tolerance.STRICT, 401),
        ("CP-1", "CP-1", KEY[:-1], Tolerance.STRICT, 401),
        ("CP-1", "CP-1", KEY.hex().encode(), Tolerance.STRICT, 401),
        ("CP-1", "CP-1", KEY.hex().encode(), Tolerance.TOLERANT, 101),
    ],
)
def test_a00_205_basic_authentication(
    identity: str, user: str, password: bytes, tolerance: Tolerance, expected: int
) -> None:
    verdict = admit(
        "/" + quote(identity, safe=""),
        "ocpp1.6",
        pure.authorization_of(user, password),
        authenticate=lambda handshake: handshake.has_password(KEY),
        tolerance=tolerance,
    )

    assert status(verdict) == expected
    if isinstance(verdict, Refusal):
        assert verdict.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("user, expected", [("CP-1", True), ("CP-2", False), ("", False), (None, False)])
def test_a_password_proves_the_user_that_came_with_it(user: str | None, expected: bool) -> None:
    """Whoever makes a `Handshake` himself may have looked at nothing before."""
    handshake = Handshake(
        identity="CP-1", version=Version.V1_6, subprotocol="ocpp1.6", username=user, password=KEY
    )

    assert expected is handshake.has_password(KEY)


def test_hex_is_no_password_of_2_x_even_if_tolerant() -> None:
    verdict = admit(
        "/CP-1",
        "ocpp2.0.1",
        pure.authorization_of("CP-1", KEY.hex()),
        authenticate=lambda handshake: handshake.has_password(KEY),
        tolerance=Tolerance.TOLERANT,
    )

    assert status(verdict) == 401


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(Handshake(identity="CP-1", version=None, password=b"hunter2"))


# --- credentials on both wires -------------------------------------------------------------------------------------

BOTH_WIRES = pytest.mark.parametrize("wire", list(Wire))


def knock(admission: Admission, wire: Wire, identity: str = "CP-1", **said: Any) -> Handshake | Refusal:
    """What becomes of a station of 1.6 that says who it is, by either wire."""
    if wire is Wire.JSON:
        path = "/" + quote(identity, safe="")
        return asyncio.run(admission.admit(request(path, offers=["ocpp1.6"], **said)))
    return asyncio.run(admission.admit_soap(request(**said), identity, Version.V1_6))


def basic(user: str, password: str | bytes = KEY) -> dict[str, Any]:
    return {"authorization": [pure.authorization_of(user, password)]}


def named(common_name: str, *alternatives: str) -> dict[str, Any]:
    """What is said with a certificate."""
    certificate = {
        "subject": ((("organizationName", "Operator"),), (("commonName", common_name),)),
        "subjectAltName": tuple(("DNS", name) for name in alternatives),
    }
    return {"certificate": certificate, "is_secure": True}


def with_key(handshake: Handshake) -> bool:
    return handshake.has_password(KEY)


@BOTH_WIRES
def test_one_rule_holds_for_both_wires(wire: Wire) -> None:
    admission = Admission(
        authenticate=with_key,
        identities=lambda handshake: None if handshake.identity == "CP-9" else handshake.identity,
    )

    assert 101 == status(knock(admission, wire, **basic("CP-1")))
    assert 401 == status(knock(admission, wire))
    assert 401 == status(knock(admission, wire, **basic("CP-1", "wrong")))
    assert 404 == status(knock(admission, wire, "CP-9", **basic("CP-9")))


@BOTH_WIRES
def test_two_headers_of_credentials_are_400_and_nobody_is_asked(wire: Wire) -> None:
    asked: list[Handshake] = []
    admission = Admission(identities=asked.append)
    twice = {"authorization": basic("CP-1")["authorization"] * 2}

    assert 400 == status(knock(admission, wire, **twice))
    assert [] == asked


@BOTH_WIRES
def test_a00_207_the_user_name_is_the_identity_even_if_nobody_looks(wire: Wire) -> None:
    careless = Admission(authenticate=lambda handshake: handshake.password == KEY)

    assert 101 == status(knock(careless, wire, **basic("CP-1")))
    assert 401 == status(knock(careless, wire, **basic("CP-2")))
    assert 101 == status(
        knock(
            Admission(authenticate=lambda handshake: handshake.password == KEY, bound_by="nothing"),
            wire,
            **basic("CP-2"),
        )
    )


@BOTH_WIRES
@pytest.mark.parametrize(
    "bound_by, names, expected",
    [
        ("common_name", ["CP-1"], 101),
        ("common_name", ["CP-2"], 401),
        ("common_name", ["CP-2", "CP-1"], 401),
        ("common_name", ["cp-1"], 401),
        ("common_name", ["CP-1 "], 401),
        ("alternative_name", ["x", "other", "CP-1"], 101),
        ("alternative_name", ["CP-1", "other"], 401),
        ("alternative_name", ["CP-1"], 401),
        ("nothing", ["SN-7"], 101),
    ],
)
def test_a00_405_a_certificate_names_the_station(
    wire: Wire, bound_by: Any, names: list[str], expected: int
) -> None:
    verdict = knock(Admission(bound_by=bound_by), wire, **named(*names))

    assert expected == status(verdict)
    if isinstance(verdict, Handshake):
        assert (3, bound_by != "nothing") == (verdict.profile, verdict.is_proven)


def test_a_certificate_of_two_common_names_has_none() -> None:
    subject = ((("commonName", "CP-1"),), (("commonName", "CP-2"),))
    said = {"certificate": {"subject": subject}, "is_secure": True}

    assert 401 == status(knock(Admission(), Wire.JSON, "CP-1", **said))
    assert 401 == status(knock(Admission(), Wire.JSON, "CP-2", **said))


@BOTH_WIRES
def test_a_certificate_may_name_what_the_station_is_known_as(wire: Wire) -> None:
    admission = Admission(identities=lambda handshake: handshake.identity.upper())

    verdict = knock(admission, wire, "cp-1", **named("CP-1"))

    assert isinstance(verdict, Handshake)
    assert ("CP-1", True) == (verdict.identity, verdict.is_proven)
    assert 401 == status(knock(admission, wire, "cp-1", **named("CP-2")))


@BOTH_WIRES
@pytest.mark.parametrize("said", [named("CP-1"), basic("CP-1")], ids=["certificate", "user"])
def test_credentials_may_name_what_the_station_calls_itself(wire: Wire, said: dict[str, Any]) -> None:
    verdict = knock(Admission(identities=lambda handshake: f"site 7, {handshake.identity}"), wire, **said)

    assert isinstance(verdict, Handshake)
    assert "site 7, CP-1" == verdict.identity


def test_only_names_of_hosts_and_uris_are_alternative_names() -> None:
    names = (("email", "CP-1"), ("IP Address", "CP-1"), ("DNS", "cp-1.example"), ("URI", "urn:cp:1"))
    handshake = Handshake(identity="CP-1", version=None, certificate={"subjectAltName": names})

    assert ("cp-1.example", "urn:cp:1") == handshake.alternative_names
    assert () == Handshake(identity="CP-1", version=None).alternative_names


@BOTH_WIRES
@pytest.mark.parametrize(
    "profiles, said, expected",
    [
        ([1], basic("CP-1"), 101),
        ([1], {}, 401),
        ([1], {**basic("CP-1"), "is_secure": True}, 401),
        ([2], {**basic("CP-1"), "is_secure": True}, 101),
        ([2], basic("CP-1"), 401),
        ([2, 3], named("CP-1"), 101),
        ([2, 3], {**basic("CP-1"), "is_secure": True}, 101),
        ([2, 3], {"is_secure": True}, 401),
        ([3], {**basic("CP-1"), "is_secure": True}, 401),
        ([0, 3], {}, 101),
        ([], {}, 401),
    ],
    ids=str,
)
def test_profiles_side_by_side(wire: Wire, profiles: list[int], said: dict[str, Any], expected: int) -> None:
    def rule(handshake: Handshake) -> bool:
        return handshake.profile in (0, 3) or handshake.has_password(KEY)

    assert expected == status(knock(Admission(profiles=profiles, authenticate=rule), wire, **said))
    by_station = Admission(profiles={"CP-1": profiles}.__getitem__, authenticate=rule)
    assert expected == status(knock(by_station, wire, **said))


@BOTH_WIRES
def test_a_server_that_sees_no_certificates_says_so(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    admission = Admission(profiles=[2, 3])

    assert 503 == status(knock(admission, wire, **basic("CP-1"), is_secure=True, sees_certificates=False))
    assert "hands over no certificates" in caplog.text
    assert 401 == status(knock(admission, wire, **basic("CP-1"), sees_certificates=False))


@BOTH_WIRES
def test_who_has_proven_to_be_a_station_has_to_do_so_each_time(wire: Wire) -> None:
    passwords = {"CP-1": KEY}

    def lenient(handshake: Handshake) -> bool:
        expected = passwords.get(handshake.identity)
        return handshake.password is None or expected is None or handshake.has_password(expected)

    admission = Admission(authenticate=lenient)
    assert 101 == status(knock(admission, wire, "CP-2", **basic("CP-2", "whatever")))
    assert 101 == status(knock(admission, wire, "CP-2"))  # which has never proven anything

    proven = knock(admission, Wire.JSON, **basic("CP-1"))
    assert isinstance(proven, Handshake)
    assert proven.is_proven
    assert 401 == status(knock(admission, wire))
    assert 101 == status(knock(admission, wire, **basic("CP-1")))
    admission.forget("CP-1")
    assert 101 == status(knock(admission, wire))


def test_a_password_that_is_wrong_proves_nothing_even_if_it_is_let_pass() -> None:
    verdict = knock(
        Admission(authenticate=lambda handshake: not with_key(handshake)), Wire.SOAP, **basic("CP-1", "x")
    )

    assert isinstance(verdict, Handshake)
    assert not verdict.is_proven


def test_soap_without_authentication_is_for_those_that_prove_nothing_elsewhere() -> None:
    admission = Admission(authenticate=with_key, soap_without_authentication=True)

    assert 101 == status(knock(admission, Wire.SOAP, "CP-15"))
    assert 401 == status(knock(admission, Wire.JSON, "CP-15"))
    assert 101 == status(knock(admission, Wire.JSON, "CP-16", **basic("CP-16")))
    assert 401 == status(knock(admission, Wire.SOAP, "CP-16"))


def test_a_hook_may_vouch_for_a_station() -> None:
    def by_hash(handshake: Handshake) -> bool:
        if hash(handshake.password) != hash(KEY):
            return False
        handshake.vouch()
        return True

    admission = Admission(authenticate=by_hash)
    verdict = knock(admission, Wire.SOAP, **basic("CP-1"))

    assert isinstance(verdict, Handshake)
    assert verdict.is_proven
    assert 401 == status(knock(admission, Wire.SOAP))


# --- identities ------------------------------------------------------------------------------------------------------


@BOTH_WIRES
@pytest.mark.parametrize("identity", ["..", ".", "a/b", "CP-1 ", " CP-1", "x" * 7000])
def test_identities_of_1_x_that_are_trouble(wire: Wire, identity: str) -> None:
    tolerant = Admission(tolerance=Tolerance.TOLERANT)
    is_always = identity in (".", "..") or len(identity) > 255

    assert 404 == status(knock(Admission(), wire, identity))
    assert (404 if is_always else 101) == status(knock(tolerant, wire, identity))


@pytest.mark.parametrize(
    "said, known_as",
    [({}, None), (basic("CP-1"), "CP-1"), (named("CP-2"), "CP-2"), (basic(""), None), (named(""), None)],
    ids=["nothing", "user", "certificate", "no user", "no name"],
)
@pytest.mark.parametrize("identity", [None, ""])
def test_a_soap_request_without_identity_is_of_whom_its_credentials_name(
    identity: str | None, said: dict[str, Any], known_as: str | None
) -> None:
    admission = Admission(tolerance=Tolerance.TOLERANT)
    verdict = asyncio.run(admission.admit_soap(request(**said), identity, Version.V1_5))

    if known_as is None:
        assert isinstance(verdict, Refusal)
        assert (400, ErrorCode.PROTOCOL) == (verdict.status, verdict.code)
    else:
        assert isinstance(verdict, Handshake)
        assert known_as == verdict.identity


# --- what is said of it ----------------------------------------------------------------------------------------------


@BOTH_WIRES
def test_refusals_are_logged_on_one_line_and_without_passwords(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ocpp_core")
    admission = Admission(authenticate=with_key, tolerance=Tolerance.TOLERANT)
    for identity, remote in (("CP\x1b[2J\n" + "x" * 7000, ("\x1b\n", 1)), ("CP-1", ("192.0.2.1", 4711))):
        verdict = knock(admission, wire, identity, **basic("CP-1", "hunter2"), remote=remote)
        assert isinstance(verdict, Refusal)
        asked = request("/" + quote(identity, safe=""), remote=remote)
        Observer().refused(refused(asked, verdict, identity=identity, wire=wire))

    assert 2 == len(caplog.records)
    for record in caplog.records:
        assert record.getMessage().isprintable()
        assert len(record.getMessage()) < 600
    how = "offers no subprotocol" if wire is Wire.JSON else "over SOAP"
    expected = (
        "'CP-1' at ('192.0.2.1', 4711) is refused: 401 `authenticate` said no to a station that "
        f"sent a user name and a password (path /CP-1, {how})"
    )
    assert expected == caplog.records[1].getMessage()
    assert "hunter2" not in caplog.text


def test_an_admission_is_given_ready_made_or_made() -> None:
    ready = Admission()
    options: dict[str, Any] = {"accepts": ["1.6"], "grace": 1.0}

    assert ready is admission_of({"grace": 1.0}, ready)
    assert [Version.V1_6] == list(admission_of(options, None).accepts)
    assert {"grace": 1.0} == options
    with pytest.raises(LocalProtocolError, match="authenticate, tolerance"):
        admission_of({"tolerance": Tolerance.STRICT, "authenticate": None}, ready)
