"""A team made again from a record: the same cards or a clear refusal."""

from __future__ import annotations

import pytest

from agentchat import Assistant, Conversation, MaxTurns, OpenAIModel, ScriptedModel, Turn, UserProxy, agent
from agentchat.demo import demo_model
from agentchat.errors import ConfigurationError
from agentchat.personas import Persona, shipped_personas
from agentchat.policy.charter import Charter
from agentchat.policy.routing import ROUND_ROBIN
from agentchat.seams import Agent, Limits, Model
from agentchat.teams import rebuild, rebuild_team, team_of
from agentchat.transcript.events import Opened
from agentchat.transcript.messages import CodeRun
from agentchat.transcript.transcript import Transcript

URL = "http://127.0.0.1:9/v1"


def opened(*agents: Agent) -> Transcript:
    charter = Charter(agents=tuple(one.card() for one in agents), routing=ROUND_ROBIN)
    transcript = Transcript()
    event = Opened(conversation="c", charter=charter.written())
    transcript.append(transcript.next(event, at=0.0, active=0.0, cause=0))
    return transcript


@pytest.mark.parametrize(
    "model",
    [
        OpenAIModel("gpt-4.1-mini"),
        OpenAIModel(f"x@{URL}"),
        OpenAIModel("x", base_url=URL, stream=False),
        OpenAIModel("m", temperature=0.3, top_p=0.5, seed=7, max_output=100, reasoning_effort="low", stop=["a", "b"]),
        OpenAIModel("m", stop="END", extra={"top_k": 3, "deep": {"b": 1, "a": [1, 2.5, None]}}),
        OpenAIModel("m", stream=False, temperature=1),
        demo_model(),
    ],
)
def test_a_model_comes_back_with_its_settings(model: Model) -> None:
    first = Assistant("coder", model=model, instructions="Think.\n", description="d")
    (again,) = rebuild_team(opened(first))
    assert again.card() == first.card()


def test_a_user_proxy_comes_back_with_its_policy() -> None:
    first = UserProxy("runner", sandbox="monty", senders=["a"], limits=Limits(1.0, 2, 3, 4, 5), description="d")
    (again,) = rebuild_team(opened(first))
    assert again.card() == first.card()


@pytest.mark.parametrize("name", ["scripted", "gpt-4.1-mini"])
def test_a_model_that_may_be_scripted_is_never_taken_for_a_service(name: str) -> None:
    model = ScriptedModel(["a"], name=name)
    transcript = opened(Assistant("coder", model=model))
    with pytest.raises(ConfigurationError, match="only the program that made it"):
        rebuild_team(transcript)
    (again,) = rebuild_team(transcript, model=model)
    assert again.model is model


def test_a_function_agent_is_refused_by_name() -> None:
    @agent
    async def check(text: str, turn: Turn) -> str:
        return text

    with pytest.raises(ConfigurationError, match="agent check is a function: only the program that made it"):
        rebuild_team(opened(check))


def test_a_record_cannot_have_programs_run_on_the_host() -> None:
    transcript = opened(UserProxy("runner", sandbox="unsafe-host"))
    with pytest.raises(ConfigurationError, match="--unsafe-host"):
        rebuild_team(transcript)
    (again,) = rebuild_team(transcript, unsafe_host=True)
    assert again.sandbox == "unsafe-host"


class Own:
    name = "own"

    def languages(self) -> frozenset[str]:
        return frozenset({"python"})

    async def probe(self) -> str | None:
        return None

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        return CodeRun(language=language, status="ok")


def test_a_sandbox_of_the_users_own_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="'own', which is no sandbox of this package"):
        rebuild_team(opened(UserProxy("runner", sandbox=Own())))


def test_personas_become_agents() -> None:
    coder, runner = team_of(shipped_personas().values(), model=f"x@{URL}")
    assert (coder.name, coder.card().kind, runner.name, runner.sandbox) == ("coder", "assistant", "runner", "auto")
    with pytest.raises(ConfigurationError, match="names no model"):
        team_of([Persona(name="ada")])


def test_rules_budget_and_limits_come_back() -> None:
    chat = Conversation([Assistant("a", model=demo_model())], until=MaxTurns(2), in_doubt="fail")
    result = chat.run_sync("go")
    again = rebuild(result.transcript)
    assert (again.terms.until, again.terms.budget, again.charter) == (chat.terms.until, chat.terms.budget, chat.charter)
