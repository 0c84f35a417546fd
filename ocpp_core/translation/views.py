"""Objects as rules written by hand read them: what they have not read is known afterwards."""

from collections.abc import Iterator
from typing import Any

from ocpp_core.model.messages import MISSING, UNSET, Payload
from ocpp_core.model.shapes import Field, shape
from ocpp_core.translation.losses import LossReason, Place, quoted
from ocpp_core.translation.runs import Run


class View:
    """One object of the source. Its attributes are those of the object, and reading one counts as using it.

    A nested object that is read counts as used with all that stands in it: hand it to a plan, which names what it does
    not carry, or ask for a `view` of it.
    """

    def __init__(self, source: Payload, run: Run, place: Place = None) -> None:
        self._source = source
        self._run = run
        self._place = place
        self._fields: dict[str, Field] = {one.name: one for one in shape(type(source)).fields}
        self._used: set[str] = set()
        self._views: dict[str, list[View]] = {}
        self._is_carried = False

    def __getattr__(self, name: str) -> Any:
        if name not in self._fields:
            raise AttributeError(name)
        self._used.add(name)
        value = getattr(self._source, name)
        return None if value is MISSING or value is UNSET else value

    @property
    def whole(self) -> Any:
        """The object itself."""
        return self._source

    def carried(self) -> Any:
        """The object itself, for a plan, or for a loss, which accounts for all of it."""
        self._used.update(self._fields)
        self._views.clear()
        self._is_carried = True
        return self._source

    def place(self, name: str, target: str = "") -> Place:
        """Where an attribute stands, and where in the target."""
        return (self._place, self._fields[name].wire, target)

    def view(self, name: str) -> "View | None":
        """A nested object, to be read leaf by leaf: always the same view of it."""
        value = getattr(self, name)
        if not isinstance(value, Payload):
            return None
        if name not in self._views:
            self._views[name] = [View(value, self._run, self.place(name))]
        return self._views[name][0]

    def views(self, name: str) -> "list[View]":
        """The objects of a list, to be read leaf by leaf."""
        items = getattr(self, name) or ()
        if name not in self._views:
            self._views[name] = [
                View(item, self._run, (self.place(name), number, "")) for number, item in enumerate(items)
            ]
        return self._views[name]

    def use(self, *names: str) -> None:
        """Says that the output says this, if only by being what it is."""
        self._used.update(names)

    def drop(self, *names: str) -> None:
        """Names what is not sent on."""
        for name in names:
            value = getattr(self, name)
            if value is not None:
                self._run.dropped(self.place(name), value)

    def left(self) -> Iterator[tuple[Place, Any, LossReason]]:
        """What was neither read nor named, and why it is lost."""
        for name, one in self._fields.items():
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
