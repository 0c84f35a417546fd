"""What text shows of URLs and headers."""

import pytest

from ocpp_core.model.credentials import without_credentials

SHOWN = {
    "ftp://host/a": "ftp://host/a",
    "ftp://host:21/a": "ftp://host:21/a",
    "wss://[::1]:9000/CP-1": "wss://[::1]:9000/CP-1",
    "see http://host:80.": "see http://host:80.",
    "(http://host)": "(http://host)",
    "why? because": "why? because",
    "port #3 = 7": "port #3 = 7",
    "16 A @ 230 V": "16 A @ 230 V",
    "@type": "@type",
    "a=1&b=2": "a=1&b=2",
    "a/b//c": "a/b//c",
    "2026-01-31T12:00:00Z": "2026-01-31T12:00:00Z",
    "Basic charging profile": "Basic charging profile",
    "bearer lost": "bearer lost",
    "": "",
    "ftp://u:p@host/a": "ftp://***@host/a",
    "ftp://u:p@host/a?b=c": "ftp://***@host/a?***",
    "u:p@host": "***@host",
    "me@host": "***@host",
    "u:p @host": "***@host",
    "to ftp://u:p/a": "to ftp://***",
    "https://host/a?sig=b": "https://host/a?***",
    "https:/host/a?sig=b": "https:/host/a?***",
    "https://host/a b?sig=c": "https://host/a b?***",
    "https://host/a&sig=b": "https://host/a&***",
    "https://host/a#b": "https://host/a#***",
    "host/a?sig=b": "host/a?***",
    "host/a#t=b": "host/a#***",
    "ftp://u:p\uff20host": "ftp://***\uff20host",
    "ftp\uff1a\uff0f\uff0fu\uff1ap\ufe6bhost": "ftp\uff1a\uff0f\uff0f***\ufe6bhost",
    "Bearer abcdefgh": "Bearer ***",
    "BASIC dTpw=x": "BASIC ***",
    "-H 'basic dXNlcjpwdw==' me@host": "-H 'basic ***",
}


@pytest.mark.parametrize("text", SHOWN, ids=ascii)
def test_credentials_are_not_shown(text: str) -> None:
    assert SHOWN[text] == without_credentials(text)
