"""Checks of both roles: how a connection of OCPP-J begins."""

import re

from ocpp_core.conformance.checks import Start, check
from ocpp_core.conformance.stages import Opening, Stage
from ocpp_core.transports._handshake import credentials_in, identity_in

#: A subprotocol that nobody has.
_STRANGE = "ocpp0.1"
_COMPLETED = 101
#: What a segment of a path may hold (RFC 3986 §3.3).
_SEGMENT = re.compile(r"(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*", re.ASCII)


def _told(opening: Opening) -> str:
    if opening.status == _COMPLETED:
        return f"agreed on {opening.chosen or 'none'}"
    return f"HTTP {opening.status}" if opening.status else "a handshake that cannot be accepted"


@check("handshake.subprotocol", start=Start.CONNECTED)
async def subprotocol(stage: Stage) -> None:
    """Offers the version alone, and among others that nobody has."""
    own = stage.specification.subprotocol or ""
    for offers in ((own,), (_STRANGE, own), (own, _STRANGE)):
        opening = await stage.shake_hands(offers=offers)
        if opening.status >= 300:
            stage.cannot_tell(f"it does not let the station in: {_told(opening)}")
        # No status: what was agreed on was not on offer.
        if opening.chosen != own:
            stage.deviates(
                f"agreement on {own}", _told(opening), place=", ".join(offers), marks=(opening.mark,)
            )


@check("handshake.no-common", start=Start.CONNECTED)
async def no_common(stage: Stage) -> None:
    """Offers what nobody has."""
    opening = await stage.shake_hands(offers=(_STRANGE,))
    if opening.status >= 300:
        return
    if opening.chosen is not None:
        stage.deviates("no agreement on a subprotocol", _told(opening), marks=(opening.mark,))
    if not opening.closed:
        stage.deviates("a connection that is closed", "one that stays", marks=(opening.mark,))


@check("handshake.extensions", start=Start.CONNECTED)
async def extensions(stage: Stage) -> None:
    """Offers none."""
    if agreed := stage.opening.headers.get("sec-websocket-extensions"):
        stage.deviates("no extension, as none was offered", agreed, marks=(stage.opening.mark,))


@check("handshake.unknown-identity", start=Start.CONNECTED)
async def unknown_identity(stage: Stage) -> None:
    """Comes as a station that nobody knows."""
    opening = await stage.shake_hands(identity=f"NOBODY-{stage.new_id()[:8]}")
    if opening.status == _COMPLETED:
        stage.cannot_tell("it lets every station in, or has learnt to")
    if opening.status not in (401, 403, 404):
        stage.deviates("HTTP 404", _told(opening), marks=(opening.mark,))


@check("handshake.password", start=Start.CONNECTED)
async def password(stage: Stage) -> None:
    """Comes without a password, and with a wrong one."""
    without = await stage.shake_hands(password="")
    if without.status == _COMPLETED:
        stage.does_not_apply("it asks for no password")
    for opening in (without, await stage.shake_hands(password=f"wrong-{stage.new_id()[:12]}")):
        if opening.status != 401:
            stage.deviates("HTTP 401", _told(opening), marks=(opening.mark,))


@check("handshake.username", start=Start.CONNECTED)
async def username(stage: Stage) -> None:
    """Comes with the right password, under the name of another station."""
    if (await stage.shake_hands(password="")).status == _COMPLETED:
        stage.does_not_apply("it asks for no password")
    if (await stage.shake_hands(password=f"wrong-{stage.new_id()[:12]}")).status == _COMPLETED:
        stage.cannot_tell("it takes any password, which another rule is about")
    opening = await stage.shake_hands(username=f"OTHER-{stage.new_id()[:8]}")
    # With which status is the matter of another rule.
    if opening.status == _COMPLETED:
        stage.deviates("a refusal", _told(opening), marks=(opening.mark,))


# What a station says as it connects: who says something else is not let in, or has left it out


@check("handshake.offered", start=Start.CONNECTED)
async def offered(stage: Stage) -> None:
    """Looks for the version among what it offers."""
    own, opening = stage.specification.subprotocol or "", stage.opening
    if own not in opening.offered:
        got = ", ".join(opening.offered) or "no subprotocol"
        stage.deviates(f"an offer of {own}", got, marks=(opening.mark,))


@check("handshake.encoded", start=Start.CONNECTED)
async def encoded(stage: Stage) -> None:
    """Looks at the end of the path that it asks for."""
    said = stage.opening.path.partition("?")[0].rpartition("/")[2]
    if not _SEGMENT.fullmatch(said):
        stage.deviates("an identity in percent-encoding", said, marks=(stage.opening.mark,))
    if "%" not in said:
        stage.does_not_apply("its identity has nothing to encode")


@check("handshake.own-name", start=Start.CONNECTED)
async def own_name(stage: Stage) -> None:
    """Looks at the name beside its password, whether or not one was asked for."""
    identity = identity_in(stage.opening.path)
    given = credentials_in(stage.opening.headers.get("authorization", ""), identity)
    if given is None:
        stage.does_not_apply("it says no name and no password")
    if given[0] != identity:
        stage.deviates(f"the name {identity}", given[0], marks=(stage.opening.mark,))
