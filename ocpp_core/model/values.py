"""Values that nobody changes, made as quickly as any other object.

``attrs.frozen`` sets each attribute by ``object.__setattr__``: half a microsecond for a value of five, which is as long
as a small frame takes to be read. So what is made for every message is frozen for type checkers only, as messages are.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import frozen as value
else:
    from attrs import define as value

__all__ = ["value"]
