"""Commands with several items, of which some go on and others are refused on the way: their answer has all of them."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import OcppError
from ocpp_core.model.messages import Payload, Request, Response
from ocpp_core.model.responses import response_class
from ocpp_core.model.shapes import Enumeration, ListOf, Nested, shape
from ocpp_core.translation.losses import LossReason
from ocpp_core.translation.rules import refused
from ocpp_core.translation.runs import At, Run, Unfit, is_tolerated


@frozen
class Items:
    """A command that is a list, and a response that is a list of results.

    Attributes:
        asked: Attribute of the request that has the items.
        answered: Attribute of the response that has the results.
        echoed: Attributes that a result repeats from its item.
        refused: What a result says of an item that goes no further, by attribute; None if it does go on.
    """

    asked: str
    answered: str
    echoed: tuple[str, ...]
    refused: Callable[[Any], Mapping[str, Any] | None]

    def is_refused(self, item: Any) -> bool:
        """Whether an object in the list goes no further while the others do: a result can say so of it."""
        return isinstance(item, Payload) and self.refused(item) is not None and not is_tolerated(item)

    def answer(self, request: Request[Any], run: Run, why: Unfit | None) -> Response | OcppError:
        """The answer to a request of which no item goes on."""
        found = [(item, self.refused(item)) for item in getattr(request, self.asked)]
        if (why is not None and why.error is not None) or any(status is None for _, status in found):
            return refused((why and why.error) or ErrorCode.PROPERTY_CONSTRAINT, request, why)
        cls: Any = response_class(request)
        made: Response = cls(
            **{self.answered: [self._result(request, item, status or {}) for item, status in found]}
        )
        return made

    def complete(self, members: dict[str, Any], at: At) -> None:
        """Puts the results of what was refused on the way back into a response."""
        request = at.run.request
        if request is None:
            return
        results = list(members[self.answered])
        for number, item in enumerate(getattr(request, self.asked)):
            status = self.refused(item)
            if status is not None:
                result = self._result(request, item, status)
                results.insert(number, result)
                wire = next(
                    one.wire for one in shape(response_class(request)).fields if one.name == self.answered
                )
                at.run.made(
                    ((at.place and at.place[0], "", wire), "", number), result, LossReason.FROM_REQUEST
                )
        members[self.answered] = results

    def _result(self, request: Request[Any], item: Any, status: Mapping[str, Any]) -> Any:
        kind = next(one for one in shape(response_class(request)).fields if one.name == self.answered).kind
        assert isinstance(kind, ListOf)
        assert isinstance(kind.item, Nested)
        fields = {one.name: one.kind for one in shape(kind.item.cls).fields}
        members: dict[str, Any] = {name: getattr(item, name) for name in self.echoed}
        for name, value in status.items():
            target = fields[name]
            if isinstance(target, Enumeration):
                members[name] = target.enum(value)
            elif isinstance(target, Nested):
                info: Any = target.cls
                members[name] = info(reason_code=value)
            else:
                members[name] = value
        return kind.item.cls(**members)
