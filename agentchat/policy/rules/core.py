"""What every rule shares: the joints `|`, `&` and `~`, the questions a rule answers, and how it is read and written.

`Judge` stands here because `Rule.function` makes it. No other rule does: what a rule looks at is a room of its own.
A rule never holds what it has seen; a leaf that must remember has a `memory`, which the state of the run keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, SerializeAsAny, ValidationError

from agentchat.errors import ConfigurationError
from agentchat.policy.board import Board
from agentchat.policy.functions import named
from agentchat.policy.rules.spoken import Ear
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import Entry, Judged, OutcomeKind, Said
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.transcript import Message, Transcript

Verdict = Callable[[Message], object]
"""A user's function of a message. What it gives must be JSON; a true value is a yes."""

_KINDS: Final[dict[str, type[Rule]]] = {}
"""Every kind of rule by the word that stands for it in JSON; filled as the classes are made, never later."""


class Rule(Frozen):
    """The base of every rule: what joins them, and the questions a rule answers."""

    @classmethod
    def __pydantic_init_subclass__(cls, **given: object) -> None:
        super().__pydantic_init_subclass__(**given)
        word = cls.model_fields.get("rule")
        if word is not None:
            _KINDS.setdefault(word.default, cls)

    def __or__(self, other: Rule) -> AnyOf:
        if not isinstance(other, Rule):
            return NotImplemented
        return AnyOf(rules=(*_flat(AnyOf, self), *_flat(AnyOf, other)))

    def __and__(self, other: Rule) -> AllOf:
        if not isinstance(other, Rule):
            return NotImplemented
        return AllOf(rules=(*_flat(AllOf, self), *_flat(AllOf, other)))

    def __invert__(self) -> Not:
        return Not(of=self)

    @staticmethod
    def function(function: Verdict, name: str | None = None) -> Judge:
        """A rule that comes true when `function(message)` is true for a message of an agent.

        It is named in the record as module:qualname, or `name`, with a digest of its source; a lambda needs a name.
        Its verdicts are recorded, and a replay without the code goes by the record; it may be async. Raises
        ConfigurationError for what cannot be named.
        """
        judge = Judge(named(function, name, "a rule"))
        judge._call = function
        return judge

    def leaves(self) -> tuple[Leaf, ...]:
        """The rules without joints, left to right."""
        raise NotImplementedError

    def bounds(self) -> bool:
        """Whether this rule ends every run by itself, whatever the agents do."""
        raise NotImplementedError

    def written(self) -> JsonObject:
        """The rule as plain JSON, as `RunStarted` keeps it."""
        dumped: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return dumped


class Leaf(Rule):
    """A rule without joints.

    `on` are the event classes it looks at; empty stands for all. `urgent`: it stops a turn that is still going on.
    """

    on: ClassVar[tuple[type, ...]] = ()
    urgent: ClassVar[bool] = False
    outcome: ClassVar[OutcomeKind] = "done"

    def __init__(self, **given: object) -> None:  # what a kind of rule takes by place, it hands on by name
        super().__init__(**given)

    @classmethod
    def _told(cls, error: ValidationError) -> str:
        """The first thing that is wrong."""
        return _plainly(cls.__name__, error)

    def leaves(self) -> tuple[Leaf, ...]:
        """Itself."""
        return (self,)

    def bounds(self) -> bool:
        """A content rule does not."""
        return False

    def senders(self) -> tuple[str, ...]:
        """The agents it waits to hear from, by name; empty where anyone will do."""
        return ()

    def asks(self, entry: Entry) -> int | None:
        """The event on which this entry asks the verdict of a user's function; None for all but a `Judge`."""
        return None

    def memory(self) -> object | None:
        """What it keeps from event to event of one run, made anew at each RunStarted; None for most."""
        return None

    def ear(self, board: Board, memory: object) -> Ear | None:
        """What listens to the agents of one run, for a rule that looks at what they say; else None.

        It is made once, for it is given every message; `seen` is then not shown the messages of agents.
        """
        return None

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """The values that made it true at this entry, or None.

        `board` stands as of this entry; `transcript` may already hold later ones, which must not be looked at.
        `memory` is what `memory()` gave, and is this leaf's to change.
        """
        raise NotImplementedError

    def standing(self, board: Board, memory: object = None) -> str:
        """How far it is from coming true, in a few words."""
        return "has not come true"

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "rule"}
        shown = [f"{name}={value!r}" for name, value in given.items() if value is not None]
        return f"{type(self).__name__}({', '.join(shown)})"


def read(written: object) -> Rule:
    """A rule from its JSON, or the rule itself. Raises ValueError or ConfigurationError for what is none."""
    if isinstance(written, Rule):
        return written
    word = written.get("rule") if isinstance(written, dict) else None
    kind = _KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        raise ValueError(f"{str(written)[:60]} names no kind of rule (there are: {', '.join(sorted(_KINDS))})")
    return kind.model_validate(written)


AnyRule = Annotated[SerializeAsAny[Rule], BeforeValidator(read)]
"""A field that holds a rule of any kind, written and read whole."""


def read_rule(written: JsonObject) -> Rule:
    """A rule from its plain JSON. Raises ConfigurationError for what is none."""
    try:
        return read(written)
    except RecursionError:
        raise ConfigurationError("this is no rule: it is nested too deeply") from None
    except ValidationError as error:
        raise ConfigurationError(f"this is no rule: {_plainly(str(written.get('rule')), error)}") from None
    except (ConfigurationError, ValueError, TypeError) as error:  # the last from an `__init__` without its argument
        raise ConfigurationError(f"this is no rule: {error}") from None


class AnyOf(Rule):
    """True when any of its rules is."""

    rule: Literal["any"] = "any"
    rules: tuple[AnyRule, ...]

    def leaves(self) -> tuple[Leaf, ...]:
        """Those of all its rules."""
        return tuple(leaf for rule in self.rules for leaf in rule.leaves())

    def bounds(self) -> bool:
        """When any of them does."""
        return any(rule.bounds() for rule in self.rules)

    def __str__(self) -> str:
        return " | ".join(str(rule) for rule in self.rules)


class AllOf(Rule):
    """True when all of its rules are."""

    rule: Literal["all"] = "all"
    rules: tuple[AnyRule, ...]

    def leaves(self) -> tuple[Leaf, ...]:
        """Those of all its rules."""
        return tuple(leaf for rule in self.rules for leaf in rule.leaves())

    def bounds(self) -> bool:
        """When all of them do."""
        return all(rule.bounds() for rule in self.rules)

    def __str__(self) -> str:
        return " & ".join(f"({rule})" if isinstance(rule, AnyOf) else str(rule) for rule in self.rules)


class Not(Rule):
    """True while its rule is not."""

    rule: Literal["not"] = "not"
    of: AnyRule

    def leaves(self) -> tuple[Leaf, ...]:
        """Those of its rule."""
        return self.of.leaves()

    def bounds(self) -> bool:
        """Never: what it waits for may happen at once and rule it out."""
        return False

    def __str__(self) -> str:
        return f"~{self.of}" if isinstance(self.of, Leaf) else f"~({self.of})"


class Declined:
    """What a `Judge` remembers: how many messages it said no to."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Judge(Leaf):
    """Ends when a user's function says yes to a message of an agent; made by `Rule.function`.

    It goes by the verdicts in the record (`Judged` of its `name`): whoever runs the conversation calls `call` on each
    message for which `asks` gives a number, and enters what it gave, before anything is decided.
    name: module:qualname of the function or the name it was given, and the SHA-256 of its text, where there is one.
    """

    on: ClassVar[tuple[type, ...]] = (Judged,)
    rule: Literal["judge"] = "judge"
    name: str = Field(min_length=1)
    _call: Verdict | None = PrivateAttr(default=None)

    def __init__(self, name: str, **given: object) -> None:
        super().__init__(name=name, **given)

    @property
    def call(self) -> Verdict | None:
        """The function itself, where the rule was made here and not read from a record."""
        return self._call

    def asks(self, entry: Entry) -> int | None:
        """The message that this entry asks a verdict on: its own number, where an agent says something."""
        said = entry.event
        return entry.seq if isinstance(said, Said) and said.turn is not None else None

    def memory(self) -> Declined:
        """How often it said no."""
        return Declined()

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True at the first verdict of its name that is a yes."""
        assert isinstance(memory, Declined)
        event = entry.event
        if not isinstance(event, Judged) or event.name != self.name:
            return None
        if event.value:
            return {"name": event.name, "on": event.on, "value": event.value}
        memory.count += 1
        return None

    def standing(self, board: Board, memory: object = None) -> str:
        """How many messages it said no to."""
        assert isinstance(memory, Declined)
        return f"said no to {memory.count} message(s)"

    def __str__(self) -> str:
        called, _, digest = self.name.rpartition(" ")
        return f"Rule.function({f'{called} {digest[:12]}' if called else digest})"

    def __eq__(self, other: object) -> bool:
        """Two are the same rule where the record of both is the same."""
        return isinstance(other, Judge) and self.name == other.name


def _flat(joint: type[AnyOf | AllOf], rule: Rule) -> tuple[Rule, ...]:
    return rule.rules if isinstance(rule, joint) else (rule,)


def _plainly(rule: str, error: ValidationError) -> str:
    """What is wrong with the first argument that is: one line, with the value."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    if first["type"] == "value_error":
        return f"{rule}: {first['msg'].removeprefix('Value error, ')}"
    if first["type"] == "extra_forbidden":
        return f"{rule} takes no argument {place!r}"
    return f"{rule}: {place}={repr(first['input'])[:80]}: {first['msg'][:1].lower()}{first['msg'][1:]}"
