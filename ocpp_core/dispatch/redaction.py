"""How frames are shown in a log: without keys and passwords always, without what tells who charges if asked."""

import json
from typing import Any

from attrs import frozen

from ocpp_core.model.printing import printable_json
from ocpp_core.model.secrets import hide


@frozen(kw_only=True)
class Redaction:
    """How frames are shown in a log.

    It is given what a codec has read, and goes by the names of the standard (``secret`` and ``personal`` of its
    fields), by what vendors call their secrets, and by the names of settings, see `ocpp_core.model.secrets`.

    Attributes:
        id_tokens: Hide idTags, idTokens and whatever else tells who charges too.
        max_length: Characters that are shown of a frame.
    """

    id_tokens: bool = False
    max_length: int = 4_000

    def apply(self, values: Any) -> str:
        """A frame without its secrets, as JSON text that is printable.

        Args:
            values: The frame as `Codec.values` gives it, or a payload as `to_wire` does; nothing is changed in it.
        """
        hidden = hide(values, persons=self.id_tokens, most=self.max_length)
        text = json.dumps(hidden, ensure_ascii=False, separators=(",", ":"), default=str)
        return printable_json(text[: self.max_length]) + ("..." if len(text) > self.max_length else "")
