"""A log of calls that cost something, written down by hand: no turn is decided here, no budget kept."""

from __future__ import annotations

from agentchat.policy.cards import ModelCard
from agentchat.policy.charter import AgentCard, Charter
from agentchat.policy.spending.ledger import Ledger, advance
from agentchat.policy.spending.prices import FREE, Price
from agentchat.transcript.calls import (
    AskRecipe,
    CallRecipe,
    CodeRecipe,
    ModelRecipe,
    Problem,
    Reply,
    Reserved,
    ToolRecipe,
    ToolResult,
    Usage,
)
from agentchat.transcript.events import (
    CallCancelled,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Event,
    Opened,
    RunStarted,
)
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Transcript

DEAR = Price(input=10.0, output=30.0, cached_input=1.0, source="test")
CHEAP = Price(input=0.1, output=0.4, source="test")
RAN = CodeRun(language="python", status="ok", exit_code=0)


def model(name: str, tier: str | None = None, price: Price | None = None) -> ModelCard:
    return ModelCard(name=name, tail="]", tier=tier, price=price)


def agent(name: str, *models: ModelCard) -> AgentCard:
    return AgentCard(name=name, kind="assistant", model=models[0], fallbacks=models[1:])


BIG, SMALL, OWN, NEW = (
    model("big", "smart", DEAR),
    model("small", "fast", CHEAP),
    model("own", None, FREE),
    model("new"),
)
TEAM = (agent("boss", SMALL), agent("coder", BIG, SMALL), agent("local", OWN), agent("odd", NEW))
CARDS = {card.name: card.models() for card in TEAM}


def usage(into: int | None, out: int | None, cached: int | None = None) -> Usage:
    return Usage(input_tokens=into, output_tokens=out, cached_input_tokens=cached)


class Spending:
    """A log, and the ledger that was kept along."""

    def __init__(self, *, run: bool = True) -> None:
        self.log = Transcript()
        self.ledger = Ledger()
        self.runs = 0
        self.enter(Opened(conversation="c", charter=Charter(agents=TEAM, routing={}).written()))
        if run:
            self.run()

    def enter(self, event: Event) -> int:
        entry = self.log.enter(event, at=0.0, active=0.0, cause=0)
        advance(self.ledger, entry)
        return entry.seq

    def run(self) -> int:
        self.runs += 1
        return self.enter(RunStarted(run=self.runs, rules={}, budget={}, policy=1))

    def start(self, who: str, recipe: CallRecipe, reserved: Reserved | None = None) -> int:
        return self.enter(offer(who, recipe, reserved))

    def ask(self, who: str, name: str, reserved: Reserved | None = None) -> int:
        return self.start(who, ModelRecipe(model=name), reserved)

    def delegate(self, who: str, reserved: Reserved | None = None) -> int:
        return self.start(who, ToolRecipe(name="team", arguments={}), reserved)

    def code(self, who: str) -> int:
        return self.start(who, CodeRecipe(language="python", source=(), sandbox="none"))

    def question(self, who: str) -> int:
        return self.start(who, AskRecipe(question="?", answer_schema={}, to="user"))

    def reply(self, call: int, told: Usage | None = None) -> int:
        return self.enter(CallFinished(call=call, result=Reply(parts=(), finish="stop", usage=told)))

    def ran(self, call: int) -> int:
        return self.enter(CallFinished(call=call, result=RAN))

    def back(self, call: int, spent: Reserved | None = None, child: str | None = None) -> int:
        return self.enter(CallFinished(call=call, result=ToolResult(ok=True, child=child, spent=spent)))

    def fail(self, call: int, kind: str = "ModelServerError", partial: str | None = None) -> int:
        problem = Problem(type=kind, message="no")
        return self.enter(CallFailed(call=call, error=problem, retryable=True, partial=partial))

    def cancel(self, call: int) -> int:
        return self.enter(CallCancelled(call=call, reason="stop"))

    def doubt(self, call: int) -> int:
        return self.enter(CallInDoubt(call=call, policy="retry"))


def offer(who: str, recipe: CallRecipe, reserved: Reserved | None = None) -> CallStarted:
    return CallStarted(turn=2, agent=who, ordinal=1, attempt=1, key="k", recipe=recipe, digest="", reserved=reserved)


def again(log: Transcript) -> Ledger:
    """A fresh ledger over the same log."""
    ledger = Ledger()
    for entry in log:
        advance(ledger, entry)
    return ledger


def figures(ledger: Ledger) -> object:
    """Everything a ledger says, for comparing."""
    books = [{name: (it.spent, it.held) for name, it in book.items()} for book in (ledger.run, ledger.conversation)]
    return books, sorted(ledger.out), ledger.stopped, ledger.excesses, ledger.warned
