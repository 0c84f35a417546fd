"""What is a URL."""

from collections.abc import Collection
from urllib.parse import urlsplit


def is_url(url: str, schemes: Collection[str]) -> bool:
    """Whether a client could make something of it; they fail in many ways on what is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        is_port = parts.port != 0
    except ValueError:
        return False
    return parts.scheme in schemes and bool(host) and is_port and not parts.fragment
