"""Message ids: what pairs an answer with its call."""

from typing import Final

#: Longest message id (OCPP-J 1.6 §4.1.4; 2.0.1 and 2.1 part 4 §4.1.4).
MAX_ID_LENGTH: Final = 36
#: Stands for an id that could not be read, since 2.0 (2.0.1 and 2.1 part 4 §4.2.3).
UNREADABLE_ID: Final = "-1"


def may_be_sent(id: str) -> bool:
    """Whether an id of ours follows the rules."""
    return 0 < len(id) <= MAX_ID_LENGTH and id != UNREADABLE_ID
