"""One conversation with a fake server, and all that must hold of it whatever the server does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.models.openai import OpenAIModel
from agentchat.policy.charter import CallLimits
from agentchat.policy.rules import MaxTurns, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.result import Result
from agentchat.seams import Agent
from agentchat.transcript.calls import ModelRecipe
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallFailed, CallFinished, CallStarted, Event, Refused, Said, TurnFailed
from tests.runtime.checking import checked
from tests.servers.both_wires import Body, Wire, body_of
from tests.servers.fake_openai import Behaviour, FakeServer
from tests.servers.strictness import complaints


class Held(NamedTuple):
    """A run that is over, and the requests that the server got."""

    result: Result
    bodies: list[Body]

    def events(self, kind: type[Event]) -> list[Any]:
        """The events of a kind, in their order."""
        return [entry.event for entry in self.result.transcript if isinstance(entry.event, kind)]

    @property
    def refused(self) -> list[Refused]:
        """What was not accepted."""
        return self.events(Refused)

    @property
    def problems(self) -> list[str]:
        """Why each answer was not accepted, in one line each."""
        return ["; ".join(one.problems) for one in self.refused]

    @property
    def delivered(self) -> list[Said]:
        """What agents said."""
        return [one for one in self.events(Said) if one.turn is not None]

    @property
    def model_calls(self) -> list[CallStarted]:
        """The calls to models that were made."""
        return [one for one in self.events(CallStarted) if isinstance(one.recipe, ModelRecipe)]

    @property
    def modes(self) -> list[str | None]:
        """How each of them asked for its answer."""
        return [one.recipe.output for one in self.model_calls if isinstance(one.recipe, ModelRecipe)]

    @property
    def failures(self) -> list[str]:
        """The names of the calls' errors."""
        return [one.error.type for one in self.events(CallFailed)]

    @property
    def turn_error(self) -> tuple[str, str]:
        """Name and message of the error in which the only turn that failed ended."""
        [failed] = self.events(TurnFailed)
        return failed.error.type, failed.error.message

    def reply(self, place: int) -> Any:
        """What a call gave."""
        return self.events(CallFinished)[place].result


def nobody(_: OpenAIModel) -> Sequence[Agent]:
    """No other agents."""
    return ()


async def hold(
    behaviours: Sequence[Behaviour],
    *,
    wire: Wire = "chat",
    model: dict[str, Any] | None = None,
    others: Callable[[OpenAIModel], Sequence[Agent]] = nobody,
    until: Rule | None = None,
    budget: Budget | None = None,
    limits: CallLimits | None = None,
    **agent: Any,
) -> Held:
    """A run of the assistant `ann`, and of others on the same model, against a server that behaves so.

    It is decided and put together again from its record without a difference, each request that came over the wire is
    the one that is recorded, byte for byte, and no strict service would have refused it.
    """
    with FakeServer(behaviours) as server:
        asked = OpenAIModel(f"m@{server.base_url}", wire=wire, timeout=10.0, **(model or {}))
        team: list[Agent] = [Assistant("ann", model=asked, **agent), *others(asked)]
        chat = Conversation(team, until=until or MaxTurns(1), budget=budget, limits=limits)
        result = await chat.run("go")
    checked(result.transcript)
    held = Held(result, [body_of(request) for request in server.requests])
    assert [digest(request.body) for request in server.requests] == [one.digest for one in held.model_calls]
    assert [complaints(request.path, request.json) for request in server.requests] == [[] for _ in server.requests]
    return held
