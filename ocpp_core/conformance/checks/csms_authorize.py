"""Checks of CSMSs: what they say of tokens."""

from ocpp_core.conformance.checks import check
from ocpp_core.conformance.checks.asking import ask, token_of, told
from ocpp_core.conformance.requests import is_first, request, token, token_info, transaction
from ocpp_core.conformance.stages import AnswerKind, Json, Stage

#: No CSMS knows it, unless it knows every token.
_UNKNOWN = "NO-SUCH-TOKEN-9F3E"
#: A certificate that nobody has signed.
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n"


async def _judged(stage: Stage, text: str) -> tuple[Json, int]:
    """What the CSMS says of a token, and where."""
    payload, mark = await told(stage, "Authorize", token(stage.specification, text))
    return token_info(payload), mark


async def _wants(stage: Stage, text: str, *wanted: str) -> None:
    info, mark = await _judged(stage, text)
    if "status" not in info:
        stage.cannot_tell("the answer says nothing of the token")
    if info["status"] not in wanted:
        stage.deviates(f"the status {' or '.join(wanted)}", info["status"], marks=(mark,))


@check("authorize.answered")
async def answered(stage: Stage) -> None:
    """Presents tokens that are known, and that are not."""
    for text in (token_of(stage), _UNKNOWN):
        answer = await ask(stage, "Authorize", token(stage.specification, text))
        if answer.kind is AnswerKind.ERROR:
            stage.deviates("a result for Authorize", answer, marks=(answer.mark,))
        stage.needed(answer)


@check("authorize.accepted")
async def accepted(stage: Stage) -> None:
    """Presents a token that may charge."""
    await _wants(stage, stage.known_token(), "Accepted")


@check("authorize.unknown")
async def unknown(stage: Stage) -> None:
    """Presents a token that nobody knows."""
    named = stage.profile.tokens.get("unknown", ())
    wanted = ("Invalid",) if is_first(stage.specification) else ("Invalid", "Unknown")
    text = named[0] if named else _UNKNOWN
    info, _ = await _judged(stage, text)
    if not named and info.get("status") == "Accepted":
        stage.cannot_tell("it may know every token; name one that it does not know in the profile")
    await _wants(stage, text, *wanted)


@check("authorize.blocked")
async def blocked(stage: Stage) -> None:
    """Presents a token that is blocked."""
    await _wants(stage, stage.known_token("blocked"), "Blocked")


@check("authorize.expired")
async def expired(stage: Stage) -> None:
    """Presents a token that has expired."""
    await _wants(stage, stage.known_token("expired"), "Expired")


@check("authorize.letter-case")
async def letter_case(stage: Stage) -> None:
    """Presents a token in other letters."""
    text = stage.known_token()
    other = text.swapcase()
    if other == text:
        stage.cannot_tell("the token of the profile has no letters")
    info, _ = await _judged(stage, text)
    changed, mark = await _judged(stage, other)
    if info.get("status") != changed.get("status"):
        stage.deviates(
            f"{info.get('status')} for {other}, as for {text}", changed.get("status"), marks=(mark,)
        )


@check("authorize.any-text")
async def any_text(stage: Stage) -> None:
    """Presents tokens that look like no number of a card."""
    longest = "Z-" * 10 if is_first(stage.specification) else "Z-" * 18
    for text in (longest, "*", "a=b:c|d@e.f"):
        answer = await ask(stage, "Authorize", token(stage.specification, text))
        if answer.kind is AnswerKind.ERROR:
            stage.deviates(f"a result for the token {text}", answer, marks=(answer.mark,))
        stage.needed(answer)


async def _infos(stage: Stage, text: str) -> list[tuple[Json, int]]:
    """What it says of a token in answers to Authorize and TransactionEvent."""
    written = token(stage.specification, text)
    found = []
    for action in ("Authorize", "TransactionEvent"):
        members = {**written, **transaction(stage.specification, stage.new_id())}
        payload, mark = await told(stage, action, members)
        found.append((token_info(payload), mark))
    return found


@check("authorize.group")
async def group(stage: Stage) -> None:
    """Presents a token that belongs to a group."""
    for info, mark in await _infos(stage, stage.known_token("group")):
        if info and "groupIdToken" not in info:
            stage.deviates("a groupIdToken", "none", marks=(mark,))


@check("authorize.group-type")
async def group_type(stage: Stage) -> None:
    """Looks at the group of a token that has one."""
    has_group = False
    for info, mark in await _infos(stage, token_of(stage)):
        group = info.get("groupIdToken")
        if isinstance(group, dict):
            has_group = True
            if group.get("type") != "Central":
                stage.deviates("a groupIdToken of type Central", group.get("type"), marks=(mark,))
    if not has_group:
        stage.cannot_tell("the token has no group")


@check("authorize.languages")
async def languages(stage: Stage) -> None:
    """Looks at the languages of a driver."""
    for info, mark in await _infos(stage, token_of(stage)):
        first, second = info.get("language1"), info.get("language2")
        if second is not None and (first is None or first == second):
            stage.deviates("language2 only beside another language1", f"{first} and {second}", marks=(mark,))


@check("authorize.certificate")
async def certificate(stage: Stage) -> None:
    """Presents a contract certificate that is none."""
    written = token(stage.specification, token_of(stage), kind="eMAID")
    payload, mark = await told(stage, "Authorize", {**written, "certificate": _CERTIFICATE})
    if payload.get("certificateStatus") == "Accepted":
        stage.deviates("a certificateStatus other than Accepted", "Accepted", marks=(mark,))


@check("authorize.tariff")
async def tariff(stage: Stage) -> None:
    """Looks at the tariff of a driver."""
    payload = request(stage.specification, "Authorize", token(stage.specification, token_of(stage)))
    answer = await stage.call("Authorize", payload)
    tariff = stage.needed(answer, "the answer to Authorize").get("tariff")
    if not isinstance(tariff, dict):
        stage.cannot_tell("the token has no tariff of its own")
    if "validFrom" in tariff:
        stage.deviates("a tariff without validFrom", tariff["validFrom"], marks=(answer.mark,))
