"""Of an envelope that has enough wrong to be refused, the rest is not looked at."""

import pytest

from hostile_table import envelope
from ocpp_core import FrameError, SoapCodec
from ocpp_core.soap import tolerance
from ocpp_core.soap.text import split_name

ATTRIBUTES = "".join(f" a{number}='1'" for number in range(240))
ELEMENTS = "".join(f"<a{number}/>" for number in range(240))


@pytest.mark.parametrize(
    "body",
    [f"<heartbeatRequest{ATTRIBUTES}/>", f"<heartbeatRequest>{ELEMENTS}</heartbeatRequest>"],
    ids=["attributes", "elements"],
)
def test_what_comes_after_the_last_listed_fault_is_not_named(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[object] = []

    def counted(name: object) -> tuple[str, str]:
        named.append(name)
        return split_name(name)

    monkeypatch.setattr(tolerance, "split_name", counted)

    with pytest.raises(FrameError) as caught:
        SoapCodec("1.6").decode(envelope(body))
    assert 64 <= len(caught.value.violations) <= len(named) < 150
