"""What the software under test claims to support and what helps there are, as a file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ocpp_core.conformance.hooks import Hook


@frozen(kw_only=True)
class Profile:
    """What is known of the software under test before anything is asked.

    Attributes:
        features: What it claims, and what it denies: ``reservation``, ``smart-charging``, ``C-23`` of the standard's list.
            What is not named is taken as there if the wire shows it.
        tokens: idTokens that it knows, by what it thinks of them: ``accepted``, ``blocked``, ``expired``, ``unknown``.
        evses: How many EVSEs the station has; for a CSMS, how many the played one has.
        identities: Of stations that a CSMS knows, in the order to use them; the first is the usual one.
        hooks: Commands or URLs that help: ``trigger``, ``card``, ``plug``, ``power``, by name.
        answer_within: Seconds in which an answer is waited for.
        silence: Seconds without an answer after which there is none.
        known: Deviations that are known already: rule id to reason.
    """

    features: Mapping[str, bool] = field(factory=dict)
    tokens: Mapping[str, tuple[str, ...]] = field(factory=dict)
    evses: int = 1
    identities: tuple[str, ...] = ()
    hooks: Mapping[str, Hook] = field(factory=dict)
    answer_within: float = 5.0
    silence: float = 1.0
    known: Mapping[str, str] = field(factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Profile":
        """Reads a profile.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is no TOML, or says what no profile says.
        """
        raise NotImplementedError(path, tomllib, Any)
