"""Certificates on the command line that cannot be used: what is said, for every command that takes some."""

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from certificates import Certificates
from command import cli, process
from loops import asynchronous
from serving_command import serve

GATEWAY = ("gateway", "--csms-version", "1.6", "--listen", "127.0.0.1:0", "--csms")
CSMS = ("conform", "--version", "1.6")
SIMULATED = ("simulate", "--version", "1.6")
STATION = (*CSMS, "--role", "station", "--listen", "127.0.0.1:0")

UNUSABLE = "this certificate cannot be used"
UNUSABLE_KEY = "this certificate or key cannot be used"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """No PEM; a certificate alone; and one with a key that is encrypted."""
    made = {name: tmp_path / f"{name}.pem" for name in ("nothing", "alone", "encrypted")}
    leaf = Certificates().authority.issue_cert("localhost")
    chain = leaf.cert_chain_pems[0].bytes()
    key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    made["nothing"].write_text("nothing\n")
    made["alone"].write_bytes(chain)
    made["encrypted"].write_bytes(locked + chain)
    return made


@pytest.mark.parametrize(
    "given, said",
    [
        ((*GATEWAY, "ws://h", "--csms-ca", "alone"), "--csms-ca: certificates are of a CSMS of wss"),
        ((*GATEWAY, "https://h", "--csms-listen", ":0", "--csms-ca", "alone"), "are of a CSMS of wss"),
        ((*GATEWAY, "wss://h", "--csms-key", "alone"), "--csms-key: the key of which --csms-certificate?"),
        ((*GATEWAY, "wss://h", "--csms-ca", "nothing"), f"--csms-ca: {UNUSABLE}"),
        ((*GATEWAY, "wss://h", "--csms-certificate", "nothing"), f"--csms-certificate: {UNUSABLE_KEY}"),
        ((*GATEWAY, "wss://h", "--csms-certificate", "encrypted"), f"--csms-certificate: {UNUSABLE_KEY}"),
        ((*GATEWAY, "wss://h", "--certificate", "nothing"), f"--certificate: {UNUSABLE_KEY}"),
        ((*GATEWAY, "wss://h", "--key", "alone"), "--key: the key of which --certificate?"),
        (
            (*GATEWAY, "wss://h", "--client-ca", "alone"),
            "--client-ca: stations show no certificate without TLS",
        ),
        (("serve", "--port", "0", "--certificate", "encrypted"), f"--certificate: {UNUSABLE_KEY}"),
        (("serve", "--port", "0", "--certificate", "alone"), f"--certificate: {UNUSABLE_KEY}"),
        (
            (*CSMS, "ws://h", "--ca", "alone", "--cert", "alone"),
            "--cert, --ca: certificates are of a CSMS of wss",
        ),
        ((*CSMS, "http://h", "--ca", "alone"), "--ca: certificates are of a CSMS of wss or https"),
        ((*CSMS, "wss://h", "--key", "alone"), "--key: the key of which --cert?"),
        ((*CSMS, "wss://h", "--cert", "alone"), f"--cert: {UNUSABLE_KEY}"),
        ((*CSMS, "wss://h", "--cert", "encrypted"), f"--cert: {UNUSABLE_KEY}"),
        ((*CSMS, "https://h", "--ca", "nothing"), f"--ca: {UNUSABLE}"),
        ((*SIMULATED, "ws://h", "--ca", "alone"), "--ca: certificates are of a CSMS of wss"),
        ((*SIMULATED, "http://h", "--ca", "alone"), "--ca: certificates are of a CSMS of https"),
        ((*SIMULATED, "wss://h", "--ca", "nothing"), f"--ca: {UNUSABLE}"),
        ((*SIMULATED, "wss://h", "--cert", "encrypted"), f"--cert: {UNUSABLE_KEY}"),
        ((*SIMULATED, "https://h", "--certificate", "alone"), f"--cert: {UNUSABLE_KEY}"),
        ((*STATION, "--cert", "encrypted"), f"--cert: {UNUSABLE_KEY}"),
        ((*STATION, "--ca", "alone"), "--ca: stations show no certificate without TLS; give --cert"),
        ((*STATION, "--key", "alone"), "--key: the key of which --cert?"),
    ],
    ids=lambda given: " ".join(given[-2:]) if isinstance(given, tuple) else "",
)
def test_what_cannot_be_used_is_told_with_its_option(
    given: tuple[str, ...], said: str, files: dict[str, Path]
) -> None:
    """A key that is encrypted is one of them: nobody is asked for its password."""
    result = cli(*(str(files.get(argument, argument)) for argument in given))

    told = " ".join(result.output.split())

    assert 2 == result.exit_code
    assert said in told
    assert not said.endswith("cannot be used") or "pem: " in told


@pytest.mark.parametrize("scheme, path", [("wss", ""), ("https", "/")])
@asynchronous
async def test_a00_405_a_simulated_station_shows_its_certificate(
    scheme: str, path: str, tmp_path: Path
) -> None:
    """Security profile 3, on both wires."""
    authority = Certificates().authority
    ca, own, station = (tmp_path / f"{name}.pem" for name in ("ca", "own", "station"))
    authority.cert_pem.write_to_path(ca)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(own)
    leaf = authority.issue_cert("cp-1.stations.test", common_name="CP-1", organization_name="Operator")
    leaf.private_key_and_cert_chain_pem.write_to_path(station)
    async with serve("--certificate", str(own), "--client-ca", str(ca)) as running:
        url = f"{scheme}://127.0.0.1:{running.port}{path}"
        arguments = ("simulate", url, "--version", "1.6", "--ca", ca)
        accepted = await asyncio.to_thread(process, *arguments, "--cert", station)
        refused = await asyncio.to_thread(process, *arguments)

    assert (0, "") == (accepted.returncode, accepted.stderr)
    assert "StopTransaction" in accepted.stdout
    assert 0 != refused.returncode
    assert "Traceback" not in refused.stderr
