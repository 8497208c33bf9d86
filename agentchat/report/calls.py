"""The calls of a run as bars of a timeline: what each was, when, how it ended, what it took."""

from __future__ import annotations

from typing import Literal

from agentchat.policy.spending.ledger import measured
from agentchat.policy.spending.prices import cost
from agentchat.policy.spending.roster import Roster
from agentchat.transcript.calls import (
    AskRecipe,
    CallRecipe,
    CallResult,
    CodeRecipe,
    ModelRecipe,
    Reply,
    ToolRecipe,
    ToolResult,
    Usage,
)
from agentchat.transcript.events import (
    CALL_OVER,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallInDoubt,
    CallOver,
    CallStarted,
    Entry,
    Forked,
    Opened,
    PersonaChanged,
)
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import CodeRun

Status = Literal["ok", "error", "failed", "cancelled", "doubt", "open", "unmade", "denied"]
"""How a call ended. error: the program or tool ran, and did not succeed. failed: no result came back. doubt: its
process ended first. unmade: it was open where a fork left its conversation. denied: it was not admitted."""


class Call(Frozen):
    """One call. start, end: its entries. begun, over: seconds on the page's time axis. usd: US dollars.

    name: the model, the tool, or the language of the program. Tokens and money are None where they are not known.
    """

    start: int
    kind: Literal["model", "code", "tool", "ask"]
    name: str
    agent: str
    turn: int
    attempt: int
    begun: float
    status: Status = "open"
    end: int | None = None
    over: float | None = None
    input: int | None = None
    output: int | None = None
    usd: float | None = None


class Calls:
    """Collects the calls, entry by entry."""

    def __init__(self) -> None:
        self._roster = Roster()
        self._recipes: dict[int, CallRecipe] = {}
        self.made: dict[int, Call] = {}
        self.open: set[int] = set()

    def take(self, entry: Entry, time: float) -> None:
        """Take an entry in. `time`: its place on the time axis."""
        event = entry.event
        if isinstance(event, Opened | PersonaChanged):
            self._roster.take(event)
        elif isinstance(event, CallStarted):
            self._recipes[entry.seq] = event.recipe
            self.open.add(entry.seq)
            self._add(entry.seq, event, event.recipe.call, _name(event.recipe), time)
        elif isinstance(event, CallDenied):
            self._add(entry.seq, event, event.call, event.model or "", time, status="denied", end=entry.seq, over=time)
        elif isinstance(event, CALL_OVER) and event.call in self.open:
            self.open.discard(event.call)
            found = self._ended(event) | {"end": entry.seq, "over": time}
            self.made[event.call] = self.made[event.call].model_copy(update=found)
        elif isinstance(event, Forked):
            for call in self.open:
                found = {"status": "unmade", "end": entry.seq, "over": time}
                self.made[call] = self.made[call].model_copy(update=found)
            self.open.clear()

    def _add(
        self,
        seq: int,
        event: CallStarted | CallDenied,
        kind: Literal["model", "code", "tool", "ask"],
        name: str,
        time: float,
        *,
        status: Status = "open",
        end: int | None = None,
        over: float | None = None,
    ) -> None:
        self.made[seq] = Call(
            start=seq,
            kind=kind,
            name=name,
            agent=event.agent,
            turn=event.turn,
            attempt=event.attempt,
            begun=time,
            status=status,
            end=end,
            over=over,
        )

    def _ended(self, event: CallOver) -> dict[str, object]:
        if isinstance(event, CallFailed):
            return {"status": "failed"}
        if isinstance(event, CallCancelled):
            return {"status": "cancelled"}
        if isinstance(event, CallInDoubt):
            return {"status": "doubt"}
        return {"status": _status(event.result), **self._took(event.call, event.result)}

    def _took(self, call: int, result: CallResult) -> dict[str, object]:
        """Tokens and money of a model call, as far as the provider counted them (numbers that cannot be meant are
        none, see `measured`), and those of a conversation behind a tool."""
        recipe = self._recipes[call]
        if isinstance(result, ToolResult) and result.spent is not None:
            unknown = not result.spent.usd and "usd" in (result.uncounted or ())
            return {"usd": None if unknown else result.spent.usd}
        if not isinstance(result, Reply) or not isinstance(recipe, ModelRecipe):
            return {}
        usage = result.usage or Usage()
        if usage.input_tokens is not None and usage.output_tokens is not None and measured(usage) is None:
            usage = Usage()
        card = self._roster.card(self.made[call].agent, recipe.model)
        paid = None if card is None or card.price is None else cost(card.price, usage)
        return {"input": usage.input_tokens, "output": usage.output_tokens, "usd": paid}


def _name(recipe: CallRecipe) -> str:
    match recipe:
        case ModelRecipe(model=model):
            return model
        case CodeRecipe(language=language):
            return language
        case ToolRecipe(name=name):
            return name
        case AskRecipe(to=to):
            return to


def _status(result: CallResult) -> Status:
    return "error" if isinstance(result, CodeRun | ToolResult) and not result.ok else "ok"
