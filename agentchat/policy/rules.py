"""Rules that end a run. They are data: written into `RunStarted`, read back from there, joined with `|`, `&` and `~`.

A rule without joints is a *leaf*. A leaf is shown each event of the run in order and answers whether it has come
true there; once true it stays true for the run, so `a & b` means that both have happened. A leaf remembers nothing
itself: what it needs is counted on the `Board`. The specific ending wins over the generic cap: of several leaves that
are true, content rules come before limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from agentchat.errors import ConfigurationError
from agentchat.policy.board import Board
from agentchat.policy.fences import outside_fences
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.events import (
    Entry,
    ExternalSignal,
    OutcomeKind,
    Said,
    TurnCancelled,
    TurnFailed,
    TurnPassed,
)
from agentchat.transcript.messages import Frozen, Text
from agentchat.transcript.transcript import Transcript

TURN_ENDS: Final = (Said, TurnPassed, TurnFailed, TurnCancelled)


class Rule(Frozen):
    """The base of every rule: what joins them, and the questions a rule answers."""

    def __or__(self, other: Rule) -> AnyOf:
        if not isinstance(other, Rule):
            return NotImplemented
        return AnyOf(rules=(*_flat(AnyOf, self), *_flat(AnyOf, other)))

    def __and__(self, other: Rule) -> AllOf:
        if not isinstance(other, Rule):
            return NotImplemented
        return AllOf(rules=(*_flat(AllOf, self), *_flat(AllOf, other)))

    def __invert__(self) -> Not:
        return Not.model_validate({"of": self})

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

    def leaves(self) -> tuple[Leaf, ...]:
        """Itself."""
        return (self,)

    def bounds(self) -> bool:
        """A content rule does not."""
        return False

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """The values that made it true at this entry, or None. `board` stands as of this entry."""
        raise NotImplementedError

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "rule"}
        shown = [f"{name}={value!r}" for name, value in given.items() if value is not None]
        return f"{type(self).__name__}({', '.join(shown)})"


class MaxTurns(Leaf):
    """Ends after `turns` turns of the run have ended, of agents, people and supervisors alike."""

    outcome: ClassVar[OutcomeKind] = "limit"
    on: ClassVar[tuple[type, ...]] = TURN_ENDS
    rule: Literal["max_turns"] = "max_turns"
    turns: int = Field(ge=1)

    def __init__(self, turns: int, **given: object) -> None:
        super().__init__(turns=turns, **given)  # type: ignore[call-arg]  # the generated signature hides `rule`

    def bounds(self) -> bool:
        """It does."""
        return True

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """True once that many turns ended."""
        return {"turns": board.turns} if board.turns >= self.turns else None


class MaxMessages(Leaf):
    """Ends once the run holds `messages` messages, the task included."""

    outcome: ClassVar[OutcomeKind] = "limit"
    on: ClassVar[tuple[type, ...]] = (Said,)
    rule: Literal["max_messages"] = "max_messages"
    messages: int = Field(ge=1)

    def __init__(self, messages: int, **given: object) -> None:
        super().__init__(messages=messages, **given)  # type: ignore[call-arg]  # as MaxTurns

    def bounds(self) -> bool:
        """It does: a run in which nobody speaks any more ends by itself."""
        return True

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """True once that many were said."""
        return {"messages": board.messages} if board.messages >= self.messages else None


class Mentions(Leaf):
    """Ends when an agent's text holds `text` as whole words, outside fenced blocks; case counts.

    `by` names the sender that is meant. It never looks at what people say, so not at the task either, nor at the
    results of code: logs of real teams show the word quoted there far more often than meant.
    """

    on: ClassVar[tuple[type, ...]] = (Said,)
    rule: Literal["mentions"] = "mentions"
    text: str = Field(min_length=1)
    by: str | None = None

    def __init__(self, text: str, by: str | None = None, **given: object) -> None:
        super().__init__(text=text, by=by, **given)  # type: ignore[call-arg]  # as MaxTurns

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """True at a message of an agent that says it."""
        said = entry.event
        if not isinstance(said, Said) or said.turn is None or (self.by is not None and said.sender != self.by):
            return None
        body = transcript.body(entry.seq)
        if not isinstance(body, Text) or self.text not in body.text:
            return None
        if re.search(rf"(?<!\w){re.escape(self.text)}(?!\w)", outside_fences(body.text)) is None:
            return None
        return {"text": self.text, "sender": said.sender}


class Elapsed(Leaf):
    """Ends when the run has been active for `seconds`; a turn that is still going is cancelled."""

    outcome: ClassVar[OutcomeKind] = "limit"
    urgent: ClassVar[bool] = True
    rule: Literal["elapsed"] = "elapsed"
    seconds: float = Field(gt=0, allow_inf_nan=False)

    def __init__(self, seconds: float, **given: object) -> None:
        super().__init__(seconds=seconds, **given)  # type: ignore[call-arg]  # as MaxTurns

    def bounds(self) -> bool:
        """It does."""
        return True

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """True at the first entry that is so late."""
        return {"active": entry.active} if entry.active >= self.seconds else None


class Failures(Leaf):
    """Ends when `in_a_row` turns failed with no message between. Without this rule the first failure ends the run."""

    outcome: ClassVar[OutcomeKind] = "failed"
    on: ClassVar[tuple[type, ...]] = (TurnFailed,)
    rule: Literal["failures"] = "failures"
    in_a_row: int = Field(ge=1)

    def __init__(self, in_a_row: int, **given: object) -> None:
        super().__init__(in_a_row=in_a_row, **given)  # type: ignore[call-arg]  # as MaxTurns

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """True once that many failed in a row."""
        return {"failures": board.failures} if board.failures >= self.in_a_row else None


class External(Leaf):
    """Ends when a program outside sends the signal `name` (`Run.signal`); any signal where no name is given."""

    outcome: ClassVar[OutcomeKind] = "stopped"
    urgent: ClassVar[bool] = True
    on: ClassVar[tuple[type, ...]] = (ExternalSignal,)
    rule: Literal["external"] = "external"
    name: str | None = None

    def __init__(self, name: str | None = None, **given: object) -> None:
        super().__init__(name=name, **given)  # type: ignore[call-arg]  # as MaxTurns

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """True at such a signal."""
        signal = entry.event
        if not isinstance(signal, ExternalSignal) or (self.name is not None and signal.name != self.name):
            return None
        return {"name": signal.name, "value": signal.value}


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


class Never(Leaf):
    """Ends nothing: stands where a run has a budget and no rules."""

    on: ClassVar[tuple[type, ...]] = (ExternalSignal,)
    rule: Literal["never"] = "never"

    def seen(self, entry: Entry, board: Board, transcript: Transcript) -> JsonObject | None:
        """Never true."""
        return None


AnyRule = Annotated[
    MaxTurns | MaxMessages | Mentions | Elapsed | Failures | External | AnyOf | AllOf | Not | Never,
    Field(discriminator="rule"),
]
for _joint in (AnyOf, AllOf, Not):
    _joint.model_rebuild()
_ADAPTER: Final[TypeAdapter[Rule]] = TypeAdapter(AnyRule)


def read_rule(written: JsonObject) -> Rule:
    """A rule from its plain JSON. Raises ConfigurationError for what is none."""
    try:
        return _ADAPTER.validate_python(written)
    except (ValidationError, TypeError) as error:  # the latter from an `__init__` that misses its argument
        raise ConfigurationError(f"this is no rule: {error}") from None


class Fired:
    """A leaf that came true: at which event, on which values."""

    __slots__ = ("event", "leaf", "values")

    def __init__(self, leaf: Leaf, event: int, values: dict[str, JsonValue]) -> None:
        self.leaf = leaf
        self.event = event
        self.values = values


def verdict(rule: Rule, fired: dict[int, Fired], *, urgent: bool) -> Fired | None:
    """The leaf that ends the run, or None. `fired` maps places among the rule's leaves to those that came true.

    A run ends where something came true: `~` alone ends nothing. `urgent`: name an urgent leaf where one holds.
    """
    return _because(rule, count(), fired, urgent)[1] if fired else None


def _because(rule: Rule, places: Iterator[int], fired: dict[int, Fired], urgent: bool) -> tuple[bool, Fired | None]:
    """Whether a rule holds, and the leaf to name for it. Walks all leaves, so that `places` stays in step."""
    if isinstance(rule, Not):
        return not _because(rule.of, places, fired, urgent)[0], None
    if isinstance(rule, AnyOf | AllOf):
        each = [_because(part, places, fired, urgent) for part in rule.rules]
        if not (any if isinstance(rule, AnyOf) else all)(holds for holds, _ in each):
            return False, None
        named = [one for holds, one in each if holds and one is not None]
        newest = -1 if isinstance(rule, AllOf) else 1

        def rank(one: Fired) -> tuple[bool, bool, int]:
            return urgent and not one.leaf.urgent, one.leaf.outcome != "done", newest * one.event

        return True, min(named, key=rank, default=None)
    one = fired.get(next(places))
    return one is not None, one


def _flat(joint: type[AnyOf | AllOf], rule: Rule) -> tuple[Any, ...]:
    return rule.rules if isinstance(rule, joint) else (rule,)
