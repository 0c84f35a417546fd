"""Options that come together in one typed dict, taken apart for the classes that have their meaning and defaults.

What an option may be is said once, as a `Kind`, and looked at when a server, an application, a client or a pair is
made: a value that cannot work would otherwise fail with the first station, or let everybody in.
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TypeVar

from attrs import evolve, fields, frozen

from ocpp_core.dispatch.hooks import Hooks
from ocpp_core.dispatch.peer import PeerOptions
from ocpp_core.dispatch.redaction import Redaction
from ocpp_core.dispatch.router import Router
from ocpp_core.links.interpreter import Speech
from ocpp_core.model.errors import LocalProtocolError
from ocpp_core.model.printing import likely, printable, shown
from ocpp_core.model.specifications import specification
from ocpp_core.model.tolerance import Tolerance
from ocpp_core.model.versions import Version
from ocpp_core.translation.policies import Policy

T = TypeVar("T")


@frozen
class Kind:
    """What an option may be. An attrs validator, too.

    Attributes:
        wanted: In a sentence: "seconds, more than 0".
        types: Of its values; a bool is no number.
        is_right: Whether a value of these types is one that can work.
        optional: Whether it may be None.
        is_word: Whether it is one of a few words, so that another is no secret.
    """

    wanted: str
    types: tuple[Any, ...]
    is_right: Callable[[Any], bool] = lambda _: True
    optional: bool = False
    is_word: bool = False

    def check(self, name: str, value: Any) -> None:
        """Says what is wanted of an option, if it is not that.

        Raises:
            TypeError: It is of another type.
            ValueError: It is out of range.
        """
        if value is None and self.optional:
            return
        wanted = f"option {name}: {self.wanted}{' or None' if self.optional else ''} wanted, not"
        is_type = isinstance(value, self.types) and (bool in self.types or not isinstance(value, bool))
        if not is_type:
            raise TypeError(f"{wanted} {_named(value)}")
        if not self.is_right(value):
            raise ValueError(f"{wanted} {shown(value) if self.is_word else _named(value)}")

    def __call__(self, _: object, attribute: Any, value: Any) -> None:
        self.check(attribute.name, value)

    @property
    def or_none(self) -> "Kind":
        """The same, or None."""
        return evolve(self, optional=True)


def _named(value: Any) -> str:
    """A value in the sentence that refuses it: numbers as they are, all else by its type, as it may be a secret."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_one_named, value))}]"
    return _one_named(value)


def _one_named(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {printable(value.__name__)}"
    if value is None or type(value) in (bool, float):
        return repr(value)
    return shown(value) if type(value) is int else type(value).__name__


def one_of(*values: str | int) -> Kind:
    """An option of a few values."""
    kinds = tuple({type(value) for value in values})
    return Kind(" or ".join(map(repr, values)), kinds, values.__contains__, is_word=True)


def instance_of(cls: type) -> Kind:
    """An option that is an object."""
    name = cls.__name__
    article = "an" if name[0] in "AEIO" or name[:2].isupper() else "a"  # an SSLContext
    return Kind(f"{article} {name}", (cls,))


def _are_profiles(value: Any) -> bool:
    return callable(value) or {0, 1, 2, 3}.issuperset(value)


def _are_texts(value: Any) -> bool:
    return callable(value) or all(isinstance(key, str) and isinstance(one, str) for key, one in value.items())


SECONDS = Kind("seconds, more than 0,", (int, float), lambda value: value > 0)
SECONDS_OR_NOTHING = Kind("seconds, 0 or more,", (int, float), lambda value: value >= 0)
COUNT = Kind("a whole number over 0", (int,), lambda value: value > 0)
PORT = Kind("a port from 0 to 65535", (int,), lambda value: 0 <= value <= 65_535)
FLAG = Kind("True or False", (bool,))
TEXT = Kind("text", (str,))
PASSWORD = Kind("text or bytes", (str, bytes))
FUNCTION = Kind("a function", (Callable,))
ROUTER = instance_of(Router)
#: What a station connects with.
STATION = {"url": TEXT, "identity": TEXT, "router": ROUTER}
TOLERANCE = instance_of(Tolerance)
STORE = Kind(
    "a Store",
    (object,),
    lambda store: all(callable(getattr(store, name, None)) for name in ("load", "save")),
)
#: Of servers whose handlers are written for one version.
OF_SPEECH = {"speaks": TEXT.or_none, "store": STORE.or_none, "policy": instance_of(Policy).or_none}
TOLERANCE_OF = Kind("a Tolerance, or a function from an identity to one,", (Tolerance, Callable))
PROFILES_OF = Kind(
    "a list of security profiles from 0 to 3, as [2], or a function from an identity to them,",
    (list, tuple, set, frozenset, range, Callable),
    _are_profiles,
)
ALIASES_OF = Kind(
    "a mapping of subprotocols to versions, or a function from an identity to one,",
    (Mapping, Callable),
    _are_texts,
)
MENDERS = Kind(
    "a mapping of identities to menders, or a function from an identity to one,",
    (Mapping, Callable),
    lambda value: callable(value) or all(map(callable, value.values())),
)

#: What the options of every peer may be.
_OF_PEER = {
    "new_id": FUNCTION,
    "call_timeout": SECONDS.or_none,
    "max_held_bytes": COUNT,
    "grace": SECONDS_OR_NOTHING,
    "hooks": Kind(
        "a list of Hooks", (list, tuple), lambda value: all(isinstance(one, Hooks) for one in value)
    ),
    "redaction": instance_of(Redaction).or_none,
}


def check(kinds: Mapping[str, Kind], values: Mapping[str, Any]) -> None:
    """Looks at all options of which a kind is known.

    Raises:
        TypeError: One is of another type.
        ValueError: One is out of range.
    """
    for name, kind in kinds.items():
        if name in values:
            kind.check(name, values[name])


def speech_of(speaks: str | None, store: Any, policy: Policy | None) -> Speech | None:
    """In which version the handlers of a server are written, if that is not the one of each station.

    Raises:
        LookupError: There is no such version.
        LocalProtocolError: An option has no meaning without `speaks`.
    """
    if speaks is None:
        for name, value in (("store", store), ("policy", policy)):
            if value is not None:
                raise LocalProtocolError(f"option {name} is of a server that `speaks` a version")
        return None
    return Speech(Version(specification(speaks).version), store, policy)


def take(cls: type[T], options: MutableMapping[str, Any]) -> T:
    """Makes a value of an attrs class of those options that are its own, and removes them."""
    names = [field.name for field in fields(cls) if field.init and field.name in options]  # type: ignore[arg-type]
    return cls(**{name: options.pop(name) for name in names})


def require_of_peer(options: Mapping[str, Any], others: Iterable[str] = ()) -> None:
    """Sees to it that what is left can work: a misspelt `authenticate` must not let everybody in.

    Args:
        options: What is left of them when all others have been taken: those of `Peer`.
        others: Everything that could have been said, for a suggestion.

    Raises:
        TypeError: There is no such option, or it is of another type.
        ValueError: It is out of range.
    """
    for name in options:
        if name not in PeerOptions.__annotations__:
            meant = likely(name, [*others, *PeerOptions.__annotations__])
            raise TypeError(f"there is no option {name!r}" + (f"; did you mean {meant!r}?" if meant else ""))
    check(_OF_PEER, options)
