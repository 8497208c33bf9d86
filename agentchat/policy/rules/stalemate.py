"""A rule that ends a run in which nothing new is happening any more."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from agentchat.policy.board import Board
from agentchat.policy.rules.core import Leaf
from agentchat.policy.rules.likeness import Sample
from agentchat.policy.rules.recent import Act, Pattern, Recent
from agentchat.policy.rules.spoken import Ear, Spoken
from agentchat.transcript.calls import Answer, JsonObject, Reply, ToolRecipe, ToolResult
from agentchat.transcript.events import CallFinished, CallStarted, Entry, OutcomeKind, Said, TurnGiven, TurnPassed
from agentchat.transcript.messages import (
    ROUTING_BODIES,
    CodeResult,
    CodeRun,
    Part,
    ReasoningPart,
    TextPart,
)
from agentchat.transcript.transcript import Transcript

ROUTING = frozenset(body.__name__ for body in ROUTING_BODIES)


class Stalemate(Leaf):
    """Ends when the agents go round in circles. `repeats` is how often in a row something must come again.

    repetition: an agent says, `repeats` times in a row, nearly what it said before (nine words of ten the same as one
      of its last four messages). ping-pong: two agents in turn each say the same again, two rounds (or `repeats`, if
      more). same call: an agent runs the same code, or the same tool with the same arguments, `repeats` + 1 times in a
      row with the same result. silence: `repeats` turns in a row pass or say nothing, of the whole team or of one
      agent twice.

    No repetition is what brings about a new result of code or of a tool, nor a short message ("Thanks!", "go on")
    while others say something new. Routing (Direction, Handoff) is ignored; results of code are compared with results
    only; what a person says in between begins all counts anew.
    """

    outcome: ClassVar[OutcomeKind] = "stopped"
    on: ClassVar[tuple[type, ...]] = (Said, TurnPassed, CallFinished)
    rule: Literal["stalemate"] = "stalemate"
    repeats: int = Field(default=2, ge=1)

    def __init__(self, repeats: int = 2, **given: object) -> None:
        super().__init__(repeats=repeats, **given)

    def memory(self) -> Recent:
        """The last few messages and results of each agent."""
        return Recent(self.repeats)

    def ear(self, board: Board, memory: object) -> Ear:
        """True at a message that completes a pattern."""
        assert isinstance(memory, Recent)
        names = board.names

        def heard(spoken: Spoken) -> JsonObject | None:
            found = _message(spoken, len(names), memory)
            return None if found is None else _values(found)

        return heard

    def seen(self, entry: Entry, board: Board, transcript: Transcript, memory: object = None) -> JsonObject | None:
        """True where a result or a silent turn completes a pattern; the values say which, whose, and the events that
        make it."""
        assert isinstance(memory, Recent)
        event = entry.event
        found = None
        if type(event) is CallFinished:
            result = event.result
            if isinstance(result, Reply):
                return None  # it is looked at as what the agent says
            found = _result(entry.seq, event.call, result, transcript, memory)
        elif type(event) is TurnPassed:
            given = transcript[event.turn].event
            found = memory.silent(given.to, entry.seq, len(board.names)) if isinstance(given, TurnGiven) else None
        elif type(event) is Said and event.turn is None:
            memory.clear()
        return None if found is None else _values(found)

    def standing(self, board: Board, memory: object = None) -> str:
        """Who repeats itself so far."""
        assert isinstance(memory, Recent)
        again = [f"{who} {len(run) - 1} of {self.repeats} times" for who, run in memory.repeated.items() if run]
        return f"repeated in a row: {', '.join(again)}" if again else "nobody repeats itself"


def _values(found: Pattern) -> JsonObject:
    return {"pattern": found.name, "who": list(found.who), "events": list(found.events)}


def _message(spoken: Spoken, team: int, memory: Recent) -> Pattern | None:
    parts, text, sender, seq = spoken.parts, spoken.text, spoken.sender, spoken.seq
    if parts is None or text is None:
        return _other(spoken, memory)
    beside: tuple[Part, ...] = ()
    if len(parts) != 1 or not isinstance(parts[0], TextPart):
        beside = tuple(part for part in parts if not isinstance(part, TextPart | ReasoningPart))
    if not beside and (not text or text.isspace()):
        return memory.silent(sender, seq, team)
    return memory.said(sender, Sample(text, beside, seq))


def _other(spoken: Spoken, memory: Recent) -> Pattern | None:
    """A message that is no ordinary one."""
    if spoken.type in ROUTING:
        return None
    body = spoken.body
    if isinstance(body, CodeResult):
        if spoken.said.from_calls is None:  # else each run was taken in when its call came back
            memory.learnt(spoken.sender, spoken.seq, Act("said", [_outcome(run) for run in body.runs]))
        return None
    return memory.said(spoken.sender, Sample(body.text, spoken.type, spoken.seq))


def _result(
    seq: int, call: int, result: CodeRun | ToolResult | Answer, transcript: Transcript, memory: Recent
) -> Pattern | None:
    started = transcript[call].event
    if not isinstance(started, CallStarted):
        return None
    recipe = started.recipe
    asked = (recipe.name, recipe.arguments) if isinstance(recipe, ToolRecipe) else (recipe.call, started.digest)
    return memory.acted(started.agent, seq, Act(asked, _outcome(result)))


def _outcome(result: CodeRun | ToolResult | Answer) -> tuple[object, ...]:
    """What of a result is the same when nothing has changed: all but the time it took and what it cost."""
    if isinstance(result, CodeRun):
        return result.status, result.exit_code, result.stdout, result.stderr, result.detail, result.files
    if isinstance(result, ToolResult):
        return result.ok, result.value
    return (result.value,)
