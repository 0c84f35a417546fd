"""One value for each version, whatever it is called, and nothing kept of what it is not called."""

from __future__ import annotations

import tracemalloc

import pytest

from hostile_table import envelope
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version
from ocpp_core.soap.codec import SoapCodec


def names_of(version: Version) -> list[str]:
    known = specification(version)
    printed = [name for namespace in known.namespaces.values() for name in (namespace, namespace.rstrip("/"))]
    return [version, version.value, *([known.subprotocol] if known.subprotocol else []), *printed]


@pytest.mark.parametrize("version", Version)
def test_a_version_has_one_specification_whatever_it_is_called(version: Version) -> None:
    """Decoders are shared by class, and operations by specification."""
    for name in names_of(version):
        assert specification(version) is specification(name)
        assert specification(name) is specification("".join(list(name)))


@pytest.mark.parametrize("version", Version)
def test_it_is_shown_as_what_gives_it(version: Version) -> None:
    assert f"specification('{version}')" == repr(specification(version))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1.6/",
        "ocpp1.6/",
        "OCPP1.6",
        " 1.6",
        "urn://Ocpp/Cs/2015/10//",
        "urn:",
        "x" * 1_000_000,
        "\x1b[2J",
    ],
    ids=lambda name: ascii(name[:30]),
)
def test_what_no_version_is_called_is_refused_in_a_short_printable_sentence(name: str) -> None:
    with pytest.raises(LookupError) as caught:
        specification(name)
    said = caught.value.args[0]

    assert said.isprintable()
    assert len(said) < 1000


def test_spellings_that_strangers_make_up_are_not_kept() -> None:
    """The sighting: 40 envelopes in ``urn://Ocpp/Cs/2015/10////...`` held 36 MB for good."""

    def sniff(number: int) -> None:
        namespace = "urn://Ocpp/Cs/2015/10" + "/" * (100_000 + number)
        SoapCodec.sniff(envelope("<heartbeatRequest/>", namespace=namespace))

    sniff(0)
    tracemalloc.start()
    try:
        for number in range(1, 20):
            sniff(number)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 1_000_000
