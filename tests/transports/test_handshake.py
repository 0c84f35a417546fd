"""The pure pieces of the handshake, and the rules of admission that are made of them."""

import asyncio
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import strategies as st

from ocpp_core import LocalProtocolError, Tolerance, Version
from ocpp_core.transports import _handshake as pure
from ocpp_core.transports.admission import Admission, Handshake, Refusal
from properties import for_all

KEY = bytes(range(0xEC, 0x100))  # 20 bytes, none of them text


@pytest.mark.parametrize(
    "path, identity",
    [
        ("/ocpp/CP-1", "CP-1"),
        ("/CP-1", "CP-1"),
        ("/a/b/CP%20one", "CP one"),
        ("/ocpp/CP%7C1", "CP|1"),
        ("/ocpp/CP+1", "CP+1"),
        ("/ocpp/a%2Fb", "a/b"),
        ("/ocpp/a%252Fb", "a%2Fb"),
        ("/ocpp/%C3%BC", "ü"),
        ("/ocpp/CP-1?token=/x", "CP-1"),
        ("/ocpp/CS:7", "CS:7"),
    ],
)
def test_j_3_1_1_identity_is_the_last_raw_segment_decoded_once(path: str, identity: str) -> None:
    assert pure.identity_in(path) == identity


@pytest.mark.parametrize("path", ["/", "", "/ocpp/", "/ocpp/%FF", "/ocpp/%00", "/ocpp/a%0Ab"])
def test_a_path_without_usable_identity_is_refused(path: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the kinds of it do not matter
        pure.identity_in(path)


def test_any_identity_survives_the_url(record_property: Any) -> None:
    def check(identity: str) -> None:
        url = pure.url_of("ws://host:1/some%20where/", identity)
        path = url.removeprefix("ws://host:1")

        assert path.startswith("/some%20where/")
        assert pure.identity_in(path) == identity

    identities = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.isprintable)
    record_property("cases", for_all(identities, 300, check))


def test_credentials_survive_the_header(record_property: Any) -> None:
    """Whatever bytes the password has, and whatever colons the identity."""

    def check(case: tuple[str, bytes]) -> None:
        identity, password = case
        header = pure.authorization_of(identity, password)

        assert pure.credentials_in(header, identity) == (identity, password)

    cases = st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
    record_property("cases", for_all(cases, 300, check))


def test_j13_credentials_are_split_at_the_first_colon_unless_the_identity_has_one() -> None:
    header = "Basic " + b64encode(b"a:b:c").decode()

    assert pure.credentials_in(header, "a") == ("a", b"b:c")
    assert pure.credentials_in(header, "a:b") == ("a:b", b"c")
    assert pure.credentials_in(header, "other") == ("a", b"b:c")


@pytest.mark.parametrize("header", ["", "Basic", "Basic ?", "Basic YQ==", "Bearer YTpi", "Basic ü"])
def test_what_is_no_basic_header_has_no_credentials(header: str) -> None:
    assert pure.credentials_in(header, "a") is None


def test_header_parsing_never_raises(record_property: Any) -> None:
    def read(header: str) -> None:
        pure.credentials_in(header, "CP-1")

    headers = (
        st.text() | st.text().map("Basic ".__add__) | st.binary().map(lambda raw: f"basic {b64encode(raw)!s}")
    )
    record_property("cases", for_all(headers, 300, read))


def test_j13_password_is_bytes_and_hex_only_if_allowed() -> None:
    assert pure.is_password(KEY, KEY)
    assert not pure.is_password(KEY.hex().encode(), KEY)
    assert pure.is_password(KEY.hex().upper().encode(), KEY, hex_allowed=True)
    assert pure.is_password(b"secret", "secret")
    assert not pure.is_password(b"", "secret", hex_allowed=True)


@pytest.mark.parametrize(
    "offered, accepts, chosen",
    [
        (["ocpp1.6", "ocpp2.0.1"], ["2.0.1", "1.6"], ("ocpp1.6", Version.V1_6)),
        (["ocpp2.0.1", "ocpp1.6"], ["1.6", "2.0.1"], ("ocpp2.0.1", Version.V2_0_1)),
        (["mqtt", "ocpp2.1", "ocpp1.6"], ["1.6"], ("ocpp1.6", Version.V1_6)),
        (["1.6", "OCPP1.6", "ocpp16"], ["1.6"], None),
        ([], ["1.6"], None),
    ],
)
def test_part4_3_1_2_the_first_of_the_clients_list_wins(
    offered: list[str], accepts: list[str], chosen: Any
) -> None:
    assert pure.choose(offered, pure.versions_of(accepts)) == chosen


def test_an_alias_speaks_another_version_under_the_old_name() -> None:
    accepts = pure.versions_of(["2.0", "2.0.1"])

    assert pure.choose(["ocpp2.0"], accepts) == ("ocpp2.0", Version.V2_0)
    assert pure.choose(["ocpp2.0"], accepts, {"ocpp2.0": "2.0.1"}) == ("ocpp2.0", Version.V2_0_1)
    assert pure.choose(["ocpp2.0"], accepts[1:], {"ocpp2.0": "2.0.1"}) == ("ocpp2.0", Version.V2_0_1)


def test_versions_without_json_are_refused() -> None:
    with pytest.raises(LocalProtocolError, match="SOAP"):
        pure.versions_of(["1.5"])


def test_offers_may_stand_in_several_headers() -> None:
    assert pure.offered_in(["ocpp2.0.1, ocpp1.6", " , ocpp2.1"]) == ("ocpp2.0.1", "ocpp1.6", "ocpp2.1")


def test_j14_backoff_doubles_its_minimum_and_adds_chance_anew() -> None:
    backoff = pure.Backoff(minimum=10, doublings=3, spread=5)

    assert [backoff.seconds(n, 0) for n in range(6)] == [10, 20, 40, 80, 80, 80]
    assert [backoff.seconds(n, 1) for n in range(6)] == [15, 25, 45, 85, 85, 85]


def test_j14_backoff_stays_within_its_bounds(record_property: Any) -> None:
    def check(case: tuple[float, int, float, int, float]) -> None:
        minimum, doublings, spread, failures, chance = case
        backoff = pure.Backoff(minimum=minimum, doublings=doublings, spread=spread)
        seconds = backoff.seconds(failures, chance)

        assert minimum <= seconds <= minimum * 2**doublings + spread
        assert seconds <= backoff.seconds(failures + 1, chance)

    cases = st.tuples(
        st.floats(0, 1e4), st.integers(0, 20), st.floats(0, 1e4), st.integers(0, 10**6), st.floats(0, 1)
    )
    record_property("cases", for_all(cases, 300, check))


def test_a_backoff_of_negative_times_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        pure.Backoff(minimum=-1)


# --- admission -----------------------------------------------------------------------------------------------------


def admit(
    path: str, offers: str = "ocpp1.6", authorization: str | None = None, **rules: Any
) -> Handshake | Refusal:
    rules.setdefault("accepts", ["2.0.1", "1.6"])
    admission = Admission(**rules)
    return asyncio.run(admission.admit(path, offers=[offers] if offers else [], authorization=authorization))


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
        authorization=pure.authorization_of(user, password),
        authenticate=lambda handshake: handshake.has_password(KEY),
        tolerance=tolerance,
    )

    assert status(verdict) == expected
    if isinstance(verdict, Refusal):
        assert verdict.headers["WWW-Authenticate"].startswith("Basic realm=")


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
