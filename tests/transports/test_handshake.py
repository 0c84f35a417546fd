"""The pure pieces of the handshake."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import strategies as st

from ocpp_core import Version, Wire
from ocpp_core.model.printing import is_printable
from ocpp_core.transports import _handshake as pure
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

    identities = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(is_printable)
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


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic YQ==",  # "a", without a colon
        "Bearer YTpi",
        "Basic YT?pi",  # a lenient reader finds a:b in this one, and in all that follow
        "Basic YT pi",
        "Basic YTpi,",
        "Basic YTpi, Basic YTpi",
        "Basic YTpi====",
        "Basic YTpi\u00fc",
        "Basic YTpi\u2028",
    ],
)
def test_what_is_no_basic_header_has_no_credentials(header: str) -> None:
    assert pure.credentials_in("Basic YTpi", "a") == ("a", b"b")
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
        (["1.6", "OCPP1.6", "ocpp16", "ocppocpp1.6", "ocpp1.6 ", "urn://Ocpp/Cs/2015/10"], ["1.6"], None),
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
    assert pure.choose(["ocpp2.0"], accepts[1:], {"ocpp2.0": "ocpp2.0.1"}) == ("ocpp2.0", Version.V2_0_1)
    assert pure.choose(["ocpp2.0"], accepts[1:], {"ocpp2.0": "ocppocpp2.0.1"}) is None


def test_every_version_has_a_json_wire() -> None:
    assert tuple(Version) == pure.versions_over(Wire.JSON, Version)
    assert all(map(pure.subprotocol_of, Version))


def test_offers_may_stand_in_several_headers() -> None:
    assert pure.offered_in(["ocpp2.0.1, ocpp1.6", " , ocpp2.1"]) == ("ocpp2.0.1", "ocpp1.6", "ocpp2.1")


def test_j14_backoff_doubles_its_minimum_and_adds_chance_anew() -> None:
    backoff = pure.Backoff(minimum=10, doublings=3, spread=5)

    assert [backoff.seconds(n, 0) for n in range(6)] == [10, 20, 40, 80, 80, 80]
    assert [backoff.seconds(n, 1) for n in range(6)] == [15, 25, 45, 85, 85, 85]


def test_a_backoff_is_by_default_that_of_10_seconds_doubled_five_times() -> None:
    backoff = pure.Backoff()

    assert [backoff.seconds(n, 0) for n in range(7)] == [10, 20, 40, 80, 160, 320, 320]
    assert [backoff.seconds(n, 1) for n in (0, 6)] == [20, 330]


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


@pytest.mark.parametrize("identity", ["CP-1", "CP 1", "CP/1", "1"])
def test_an_endpoint_that_ends_in_the_identity_is_not_given_it_twice(identity: str) -> None:
    """People are often given the whole address of a station."""
    whole = pure.url_of("wss://csms.example/ocpp", identity)

    assert whole == pure.url_of(whole, identity)
    assert whole == pure.url_of(f"{whole}/", identity)
    assert whole != pure.url_of("wss://csms.example/ocpp/x-1", identity)
