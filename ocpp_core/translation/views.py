"""Objects as rules written by hand read them: what they have not read is known afterwards."""

from collections.abc import Iterator
from typing import Any

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.messages import MISSING, UNSET, Payload
from ocpp_core.translation.fitting import members
from ocpp_core.translation.losses import LossReason, Place, quoted
from ocpp_core.translation.runs import Run, Unfit


class View:
    """One object of the source. Its attributes are those of the object, and reading one counts as using it.

    A nested object that is read counts as used with all that stands in it: hand it to a plan, which names what it does
    not carry, or ask for a `view` of it.

    What is not of the type of its field, as tolerated values may not be, is lost and stands for nothing. A command is
    refused for it, and so is what lacks something required.

    Args:
        source: The object.
        run: The step, which losses are noted in.
        place: Of the object.
        is_command: Whether it is a command, or in one.
        is_judged: Whether values have to be of their type. Where each item has an answer of its own, the rule says what
            is wrong with it.

    Raises:
        Unfit: By attributes, see above.
    """

    def __init__(
        self,
        source: Payload,
        run: Run,
        place: Place = None,
        *,
        is_command: bool = False,
        is_judged: bool = True,
    ) -> None:
        self._source = source
        self._run = run
        self._place = place
        self._is_command = is_command
        self._is_judged = is_judged
        self._members = members(type(source))
        self._used: set[str] = set()
        self._odd: set[str] = set()
        self._views: dict[str, list[View]] = {}
        self._is_carried = False

    def __getattr__(self, name: str) -> Any:
        try:
            member = self._members[name]
        except KeyError:
            raise AttributeError(name) from None
        self._used.add(name)
        value = getattr(self._source, name)
        if value is None or value.__class__ in member.classes:
            return value
        return self._judged(name, value, is_vital=self._is_command or member.field.is_required)

    def required(self, name: str) -> Any:
        """As the attribute, where it has to be there and of its type: what later messages repeat.

        Raises:
            Unfit: It is not.
        """
        value = self._judged(name, getattr(self._source, name), is_vital=True)
        if value is None:
            raise Unfit(self.place(name), None, LossReason.REQUIRED, error=ErrorCode.OCCURRENCE_CONSTRAINT)
        return value

    def perhaps(self, name: str) -> Any:
        """As the attribute; but what is not of its type is lost, even where it is required."""
        return self._judged(name, getattr(self._source, name), is_vital=self._is_command)

    def _judged(self, name: str, value: Any, *, is_vital: bool) -> Any:
        """A value of an attribute; None if it is absent, or lost."""
        self._used.add(name)
        if value is None or value is MISSING or value is UNSET:
            return None
        if not self._is_judged or self._members[name].is_usual(value):
            return value
        if is_vital:
            raise Unfit(self.place(name), value, error=ErrorCode.TYPE_CONSTRAINT)
        self._lose(name, value)
        return None

    def _lose(self, name: str, value: Any) -> None:
        if name not in self._odd:  # however often it is asked for
            self._odd.add(name)
            self._run.dropped(self.place(name), value)

    @property
    def whole(self) -> Any:
        """The object itself."""
        return self._source

    def carried(self) -> Any:
        """The object itself, for a plan, or for a loss, which accounts for all of it."""
        self._used.update(self._members)
        self._views.clear()
        self._is_carried = True
        return self._source

    def place(self, name: str, target: str = "") -> Place:
        """Where an attribute stands, and where in the target."""
        return (self._place, self._members[name].field.wire, target)

    def view(self, name: str) -> "View | None":
        """A nested object, to be read leaf by leaf: always the same view of it."""
        value = getattr(self, name)
        if not isinstance(value, Payload):
            return None
        if name not in self._views:
            self._views[name] = [self._inner(value, self.place(name))]
        return self._views[name][0]

    def views(self, name: str) -> "list[View]":
        """The objects of a list, to be read leaf by leaf."""
        items = getattr(self, name) or ()
        if name not in self._views:
            self._views[name] = [
                self._inner(item, (self.place(name), number, "")) for number, item in enumerate(items)
            ]
        return self._views[name]

    def _inner(self, value: Payload, place: Place) -> "View":
        return View(value, self._run, place, is_command=self._is_command, is_judged=self._is_judged)

    def use(self, *names: str) -> None:
        """Says that the output says this, if only by being what it is."""
        self._used.update(names)

    def drop(self, *names: str) -> None:
        """Names what is not sent on."""
        for name in names:
            self._used.add(name)
            value = getattr(self._source, name)
            if value is not None and value is not MISSING and value is not UNSET:
                self._lose(name, value)

    def drop_rest(self) -> None:
        """Names what was neither read nor named as lost."""
        for place, value, reason in self.left():
            self._run.dropped(place, value, reason)

    def left(self) -> Iterator[tuple[Place, Any, LossReason]]:
        """What was neither read nor named, and why it is lost."""
        for name, (one, _, _) in self._members.items():
            value = getattr(self._source, name)
            if (
                name not in self._used
                and value is not one.default
                and value is not MISSING
                and value is not None
            ):
                yield self.place(name), value, LossReason.NO_COUNTERPART
        if not self._is_carried:
            for wire, value in self._source.extra.items():
                yield (self._place, quoted(wire), quoted(wire)), value, LossReason.EXTENSION
        for views in self._views.values():
            for view in views:
                yield from view.left()
