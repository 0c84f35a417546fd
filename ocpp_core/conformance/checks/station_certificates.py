"""Checks of stations of 2.x: a certificate that comes and goes."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.steering import ask, is_served
from ocpp_core.conformance.stages import Answer, Json, Stage

#: A root of nobody: its key was thrown away.
ROOT = """\
-----BEGIN CERTIFICATE-----
MIIBmjCCAUCgAwIBAgIDR+JZMAoGCCqGSM49BAMCMDExFDASBgNVBAoMC0NvbmZv
cm1hbmNlMRkwFwYDVQQDDBBDb25mb3JtYW5jZSBSb290MCAXDTI0MDEwMTAwMDAw
MFoYDzIwNTQwMTAxMDAwMDAwWjAxMRQwEgYDVQQKDAtDb25mb3JtYW5jZTEZMBcG
A1UEAwwQQ29uZm9ybWFuY2UgUm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BHLdIUxH+5eLO6fNBPbX5RJmNC/6l5fspHk2MnY1mruk9uppc0YpwR0+16pQpRU/
sGlXtXY7s+BFFFyQ2mDRBXCjRTBDMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0P
AQH/BAQDAgEGMB0GA1UdDgQWBBQOPg4lLO+78aa9rNELHUJ74QDL1TAKBggqhkjO
PQQDAgNIADBFAiBvLLorOmxWfueiJx8kDvIiac0IhEA6KfaHYzyYC4jWxwIhANW/
hxOlw64BTwembTEizBQCBRXK67VjrKHjtSP2BAqu
-----END CERTIFICATE-----
"""
_KIND = "ManufacturerRootCertificate"


async def _listed(stage: Stage) -> list[Json]:
    """The hashes of the roots that it has."""
    answer = await ask(stage, "GetInstalledCertificateIds", {"certificateType": [_KIND]})
    chains = is_served(stage, answer, "certificates").get("certificateHashDataChain") or ()
    return [chain["certificateHashData"] for chain in chains if chain["certificateType"] == _KIND]


async def _install(stage: Stage) -> tuple[str, list[Json], Answer]:
    """Installs a root: what is said to that, and what is listed since."""
    before = await _listed(stage)
    answer = await ask(stage, "InstallCertificate", {"certificateType": _KIND, "certificate": ROOT})
    status = str(is_served(stage, answer, "certificates").get("status"))
    return status, [hashes for hashes in await _listed(stage) if hashes not in before], answer


async def _delete(stage: Stage, hashes: Json) -> Answer:
    return await ask(stage, "DeleteCertificate", {"certificateHashData": hashes})


@check("certificate.installed")
async def installed(stage: Stage) -> None:
    """Installs a root, and looks whether it is listed if it was accepted, and only then."""
    status, new, answer = await _install(stage)
    for hashes in new:
        await _delete(stage, hashes)
    if status == "Accepted" and not new:
        stage.deviates("the certificate to be listed, since it was accepted", "none", marks=(answer.mark,))
    if status != "Accepted" and new:
        stage.deviates("Accepted, since it is listed", status, marks=(answer.mark,))


@check("certificate.deleted")
async def deleted(stage: Stage) -> None:
    """Installs a root, and deletes it by what is listed of it."""
    status, new, _ = await _install(stage)
    if len(new) != 1:
        stage.cannot_tell(f"no new certificate is listed: {status}")
    answer = await _delete(stage, new[0])
    status = str(stage.needed(answer).get("status"))
    if status == "NotFound":
        stage.deviates("Accepted, since it is listed", status, marks=(answer.mark,))
    if status == "Accepted" and new[0] in await _listed(stage):
        stage.deviates("the certificate to be gone", "it is still listed", marks=(answer.mark,))
