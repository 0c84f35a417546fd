"""What may be the identity of a station, on either wire.

2.x says it: an identifierString without a colon (2.0.1 and 2.1 part 4 §3.1.1, part 2 §2.1.4). 1.x allows everything
(OCPP-J 1.6 §3.1.1, OCPP-S 1.6 §3.3), and an identity is everything at once: the last segment of a URL, a header, a user
name, a key that is kept, a line in a log, and with many applications a row and a file. So here it is what survives
all of that unchanged.
"""

import re

from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.printing import is_printable, printable, shown
from ocpp_core.model.specifications import specification
from ocpp_core.model.versions import Version

#: Characters of an identity. 1.x has no limit; file names and most databases have this one.
MAX_IDENTITY = 255


def is_usable(identity: str) -> bool:
    """Whether anything may go by this name at all, whatever is tolerated.

    It is printable, as two that differ by what is not seen look like one, and of 1 to `MAX_IDENTITY` characters. It is
    not ``.`` or ``..`` either: whoever resolves a URL takes these two for directories (RFC 3986 §5.2.4), and so does
    whoever makes a path of an identity.
    """
    return 0 < len(identity) <= MAX_IDENTITY and is_printable(identity) and identity not in (".", "..")


def is_identity(identity: str, version: Version | None) -> bool:
    """Whether a station of this version may be called so; None is a version that is not known.

    In 1.x that is whatever `is_usable`, without a slash, which many decode before they split a path, and without blanks
    at its ends, which forms and headers lose.
    """
    allowed = None if version is None else specification(version).identities
    if allowed is None:
        return is_usable(identity) and "/" not in identity and identity == identity.strip()
    return is_usable(identity) and re.fullmatch(allowed, identity) is not None


def named(identity: str) -> str:
    """Who it is, at the beginning of a line for people: printable, and never nothing."""
    return printable(identity) or "a station that names no identity"


def require_identity(identity: str, version: Version) -> None:
    """Makes sure of it.

    Raises:
        LocalProtocolError: `is_identity` says no.
    """
    if not is_identity(identity, version):
        raise LocalProtocolError(
            f"{shown(identity)} cannot be the identity of a station of OCPP {version.value}"
        )
