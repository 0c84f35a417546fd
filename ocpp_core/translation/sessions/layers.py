"""How a message gets from one side to the other: a stack of layers, of which each turns requests into requests.

A layer is a generator: it yields requests of the next version, is given what became of each, and returns the answer in
its own version. So a rule that needs several requests is written down as it happens.
"""

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import define, field, frozen

from ocpp_core.model.codes import ErrorCode
from ocpp_core.model.errors import LocalProtocolError, OcppError, PayloadError
from ocpp_core.model.messages import Notification, Request, Response
from ocpp_core.model.responses import response_class
from ocpp_core.model.shapes import Enumeration, shape
from ocpp_core.payloads.binding import REFUSALS
from ocpp_core.translation.losses import LossReason, Note, Place
from ocpp_core.translation.missing import Missing
from ocpp_core.translation.policies import Policy
from ocpp_core.translation.rules import respond
from ocpp_core.translation.runs import Memory, Outcome, Run, Unfit, is_tolerated
from ocpp_core.translation.sessions.effects import Answer
from ocpp_core.translation.steps import Direction, account, broken, is_command
from ocpp_core.translation.views import View

Message = Request[Any] | Notification


@frozen
class Pause:
    """What a rule yields to wait for something else than an answer; it is sent None when that is there, or too late.

    Attributes:
        key: By which it is resumed.
        until: When it goes on all the same.
    """

    key: Hashable
    until: datetime


#: Yields what to send, is given the answers, returns the answer to what it was made for.
Steps = Generator[Message | Pause, Answer, Answer]


@define(eq=False)
class Passage:
    """One message on its way through the layers.

    Attributes:
        policy: What the user has decided.
        memory: What the session knows.
        new_id: Gives out request ids.
        now: The time, as it was told last.
        notes: Losses that no effect has taken along yet.
        missing: The same of what was seen not to have come.
    """

    policy: Policy
    memory: Memory
    new_id: Callable[[], int]
    now: datetime
    notes: list[Note] = field(factory=list)
    missing: list[Missing] = field(factory=list)

    def run(self, direction: Direction) -> Run:
        """A step of this message."""
        run = Run(direction.step, direction.way, self.policy, self.now, self.new_id)
        run.memory = self.memory
        return run

    def take(self, run: Run) -> None:
        """The losses of a step, so far."""
        self.notes += run.losses
        run.losses.clear()


class Layer(Protocol):
    """One step on the way."""

    @property
    def there(self) -> Direction | None:
        """The way of the request; None if it stays in its version."""
        ...

    def __call__(self, message: Message, passage: Passage) -> Steps:
        """Translates a request, and what becomes of it back."""
        ...


def through(layers: Sequence[Layer], message: Message, passage: Passage) -> Steps:
    """A message through all layers, and its answer back."""
    if not layers:
        return (yield message)
    steps = layers[0](message, passage)
    answer: Answer = None
    while True:
        try:
            made = steps.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        if isinstance(made, Pause):
            answer = yield made
        else:
            answer = yield from through(layers[1:], made, passage)


@frozen
class Plain:
    """A step without memory.

    Attributes:
        there: The way of the request.
        back: The way of its answer.
    """

    there: Direction
    back: Direction

    def __call__(self, message: Message, passage: Passage) -> Steps:
        """See `Layer`."""
        run = passage.run(self.there)
        outcome = self.there.request(message, run)
        passage.take(run)
        return (yield from self.sent(message, outcome, passage))

    def sent(
        self,
        message: Message,
        outcome: Outcome,
        passage: Passage,
        heard: Callable[[Any], None] | None = None,
    ) -> Steps:
        """Sends what became of a message, and puts the answers together."""
        if not outcome.messages:
            return outcome.answer
        answers: list[Answer] = []
        for made in outcome.messages:
            assert isinstance(made, Request | Notification)
            answer = yield made
            if heard is not None and isinstance(answer, Response):
                heard(answer)
            answers.append(self.returned(answer, message, made, passage))
        return self.joined(answers, message)

    def returned(self, answer: Answer, message: Any, made: Any, passage: Passage) -> Answer:
        """An answer, as the sender of the message understands it."""
        if isinstance(answer, OcppError):
            return _as_status(answer, message)
        if answer is None:
            return None
        run = passage.run(self.back)
        run.request, run.sent = message, lambda: made
        given = self.back.response(answer, run, message.__ocpp__.action)
        passage.take(run)
        return given

    def joined(self, answers: Sequence[Answer], message: Message) -> Answer:
        """One answer of several. A part that was not answered counts as refused."""
        good = [one for one in answers if isinstance(one, Response)]
        if good:
            return self.back.merged(good, message.__ocpp__.action or "") if len(good) > 1 else good[0]
        return answers[0] if answers else None


@frozen
class Alike(Plain):
    """No step: both sides speak one version. What was tolerated of one is said again, as the other may be sent it."""

    def __call__(self, message: Message, passage: Passage) -> Steps:
        """See `Layer`."""
        if is_tolerated(message):
            return (yield from Plain.__call__(self, message, passage))
        answer = yield message
        return self.returned(answer, message, message, passage)

    def returned(self, answer: Answer, message: Any, made: Any, passage: Passage) -> Answer:
        """An answer that can be sent."""
        if isinstance(answer, Response) and is_tolerated(answer):
            return Plain.returned(self, answer, message, made, passage)
        return answer


#: What a rule may raise where a message or an answer was tolerated; `Direction.refusal` raises it again if neither was.
_UNFIT = (Unfit, LocalProtocolError, PayloadError, ArithmeticError, *REFUSALS)

#: Errors that some responses have a status for.
_STATUSES = {ErrorCode.NOT_SUPPORTED: "NotSupported", ErrorCode.NOT_IMPLEMENTED: "NotImplemented"}


def _as_status(error: OcppError, message: Any) -> Response | OcppError:
    """What a station does not know is a status, where the sender has one for it. [2.0.1 K01.FR.29]"""
    token = _STATUSES.get(error.code)
    if token is None or not is_command(message):
        return error
    fields = shape(response_class(message)).by_wire
    kind = fields["status"].kind if "status" in fields else None
    if isinstance(kind, Enumeration) and token in list(kind.enum):
        return respond(message, status=token)
    return error


@define(eq=False)
class Asked:
    """A message that a rule of the session translates, and all that the rule may use.

    Attributes:
        message: As it came.
        view: The same, which knows what was read of it.
        layer: The step that the session stands in.
        run: Of the request.
        passage: Of the message.
        state: What the session knows.
        aside: Sends a request to the side that the message came from. Nobody waits for the answer.
        resume: Lets go on who waits in a `Pause` of this key.
    """

    message: Any
    view: View
    layer: Plain
    run: Run
    passage: Passage
    state: Any
    aside: Callable[[Any], None]
    resume: Callable[[Hashable], None]

    @property
    def policy(self) -> Policy:
        """What the user has decided."""
        return self.passage.policy

    @property
    def now(self) -> datetime:
        """The time, as it was told last."""
        return self.passage.now

    def carried(
        self,
        change: Callable[[Any], Any] | None = None,
        message: Any = None,
        heard: Callable[[Any], None] | None = None,
        action: str = "",
    ) -> Steps:
        """Sends a message as the step does without a session, and gives its answer.

        Args:
            change: Is given each request, and gives what is sent in its place; None if it would say nothing new.
            message: In place of the one that was asked, of which the rule has then named what is not in it.
            heard: Is given each response, as it comes from the other side.
            action: What it becomes, if the session knows better than the step.
        """
        asked = self.view.carried()
        asked = asked if message is None else message
        there = self.layer.there
        run = self.run
        outcome = Outcome([there.carried(asked, run, action)]) if action else there.request(asked, run)
        if change is not None and outcome.messages:
            outcome.messages = [one for one in map(change, outcome.messages) if one is not None]
            if not outcome.messages:
                return self.suppressed()
        self.passage.take(run)
        return (yield from self.layer.sent(asked, outcome, self.passage, heard))

    def returned(self, answer: Answer, made: Any) -> Answer:
        """An answer to something that was made of the message, as its sender understands it."""
        return self.layer.returned(answer, self.message, made, self.passage)

    def filled(self, target: str, value: Any, reason: LossReason) -> None:
        """Notes what is written at a path of the request, in place of what the step has written there."""
        place: Place = (None, "", target)
        self.run.losses[:] = [note for note in self.run.losses if note[2] != place]
        self.run.made(place, value, reason)

    def suppressed(self) -> Response:
        """The empty response to a message that goes no further."""
        self.run.losses.clear()
        self.run.dropped(None, self.message, LossReason.SUPPRESSED)
        return self.answered()

    def again(self) -> None:
        """What is sent was made of the same message before, and its losses were named then."""
        self.view.carried()

    def answered(self, **members: Any) -> Response:
        """A response to the message, by attribute names."""
        return respond(self.message, **members)


#: Translates one action in one direction.
Rule = Callable[[Any], Steps]


@frozen
class Remembering:
    """The step that the session stands in.

    Attributes:
        plain: What it does with all that needs no memory.
        rules: For what does, by action.
        state: What the session knows.
        aside: See `Asked`.
        resume: See `Asked`.
    """

    plain: Plain
    rules: Mapping[str, Rule]
    state: Any
    aside: Callable[[Any], None]
    resume: Callable[[Hashable], None]

    def __call__(self, message: Message, passage: Passage) -> Steps:
        """See `Layer`."""
        rule = self.rules.get(message.__ocpp__.action or "")
        if rule is None:
            return (yield from self.plain(message, passage))
        return (yield from self.by(rule, message, passage))

    @property
    def there(self) -> Direction:
        """See `Layer`."""
        return self.plain.there

    def by(self, rule: Rule, message: Message, passage: Passage) -> Steps:
        """A message by a rule."""
        there = self.plain.there
        run = passage.run(there)
        asked = Asked(
            message,
            View(message, run, is_command=is_command(message)),
            self.plain,
            run,
            passage,
            self.state,
            self.aside,
            self.resume,
        )
        steps = rule(asked)
        answer: Answer = None
        is_sent = False
        while True:
            try:
                made = steps.send(answer)
            except StopIteration as end:
                # Of what was not answered nothing is lost: it comes again.
                if is_sent and isinstance(end.value, Response):
                    account(asked.view, run)
                passage.take(run)
                return end.value  # type: ignore[no-any-return]
            except _UNFIT as why:
                if isinstance(answer, Response) and is_tolerated(answer):
                    passage.take(run)
                    return broken()
                refusal = there.refusal(message, run, why)
                passage.take(run)
                return refusal
            is_sent = True
            passage.take(run)
            answer = yield made
