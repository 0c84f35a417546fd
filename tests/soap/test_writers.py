"""Writers of elements are compiled once for each way of writing, and kept in bounds."""

from ocpp_core import SoapCodec, v16
from ocpp_core.model.messages import Call
from ocpp_core.model.versions import Role
from ocpp_core.soap.binding import MOST_WRITERS, element_writer
from ocpp_core.soap.codec import MOST_HEADS, _around_id
from ocpp_core.soap.envelopes import Prefixes


def test_prefixes_without_end_leave_no_more_writers_than_are_kept() -> None:
    kept = element_writer.cache_info  # type: ignore[attr-defined]
    for number in range(MOST_WRITERS + 10):
        element_writer(v16.HeartbeatRequest, f"p{number}")

    assert MOST_WRITERS == kept().currsize


def test_what_stands_around_the_id_follows_what_the_codec_is_told() -> None:
    """It is kept from request to request."""
    codec = SoapCodec("1.6", role=Role.CHARGE_POINT, identity="CP-1", to="http://one/")
    read = SoapCodec("1.6", role=Role.CSMS).decode
    other = codec.addressed("CP-2", "http://two/")
    call = Call("1", v16.HeartbeatRequest())
    seen = []
    for one in (codec, other, codec):
        headers = read(one.encode(call)).headers
        assert headers is not None
        seen.append((headers.identity, headers.to))
    codec.identity = "CP-3"
    codec.prefixes = Prefixes(envelope="e")
    written = codec.encode(call)

    assert [("CP-1", "http://one/"), ("CP-2", "http://two/"), ("CP-1", "http://one/")] == seen
    assert b"CP-3" in written
    assert b"<e:Envelope" in written


def test_addresses_without_end_leave_no_more_heads_than_are_kept() -> None:
    codec = SoapCodec("1.6", role=Role.CSMS)
    for number in range(MOST_HEADS + 10):
        codec.addressed("CP-1", f"http://{number}/").encode(Call("1", v16.ClearCacheRequest()))

    assert MOST_HEADS == _around_id.cache_info().currsize  # type: ignore[attr-defined]
