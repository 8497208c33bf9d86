"""Teams of a real model: a supervisor, a router on a tier of its own, and a debate that has to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentchat import (
    Assistant,
    CallLimits,
    Conversation,
    Direction,
    MaxTurns,
    OpenAIModel,
    Result,
    Selector,
    Stalemate,
    Supervisor,
)
from agentchat.transcript.events import CallFailed, CallFinished, CallStarted, Opened, Refused, Said, TurnGiven
from tests.runtime.checking import checked

pytestmark = [pytest.mark.anyio, pytest.mark.local_model]

SHORT = "Answer in one short sentence."


def model(url: str, most: int) -> OpenAIModel:
    return OpenAIModel(f"smollm2@{url}", temperature=0.0, seed=7, max_output=most)


def events(result: Result, kind: type[Any]) -> list[Any]:
    return [entry.event for entry in result.transcript if isinstance(entry.event, kind)]


async def test_a_supervisors_direction_is_held_to_its_team(local_model_url: str) -> None:
    team = [
        Assistant("writer", model=model(local_model_url, 12), description="writes", instructions=SHORT),
        Assistant("critic", model=model(local_model_url, 12), description="finds faults", instructions=SHORT),
    ]
    boss = Supervisor("boss", team=team, model=model(local_model_url, 64), instructions='Always choose "writer" first.')
    result = await Conversation(boss, until=MaxTurns(3)).run("Who is next? Choose writer.")
    checked(result.transcript)
    directions = [one.body for one in result.transcript.messages() if isinstance(one.body, Direction)]
    assert directions
    assert {one.next for one in directions} <= {"writer", "critic", "finish"}
    given = [event for event in events(result, TurnGiven) if event.to != "boss"]
    assert [event.to for event in given] == [one.next for one in directions if one.next != "finish"][: len(given)]
    for event in given:
        assert event.why.router == "boss"
        assert event.why.candidates == ("writer", "critic", "finish")
    if result.outcome.kind == "done":
        assert directions[-1].next == "finish"
    else:
        assert result.outcome.rule == "MaxTurns(turns=3)"
        assert given  # somebody was sent for


async def test_a_debate_comes_to_an_end(local_model_url: str) -> None:
    team = [
        Assistant("pro", model=model(local_model_url, 16), instructions="You are for tea. " + SHORT),
        Assistant("con", model=model(local_model_url, 16), instructions="You are for coffee. " + SHORT),
    ]
    result = await Conversation(team, until=Stalemate() | MaxTurns(8)).run("Debate: is tea better than coffee?")
    checked(result.transcript)
    said = [event for event in events(result, Said) if event.turn is not None]
    if result.outcome.kind == "stopped":
        assert result.outcome.rule == "Stalemate(repeats=2)"
        repeats = result.outcome.values["events"]
        assert isinstance(repeats, list)
        assert len(repeats) >= 2
        assert all(isinstance(result.transcript[int(str(seq))].event, Said) for seq in repeats)
    else:
        assert result.outcome.rule == "MaxTurns(turns=8)"
        assert len(said) == 8


async def test_one_speaker_with_several_turns_in_a_row(local_model_url: str) -> None:
    """This server takes what ends with the model's own words for the beginning of its answer, or refuses it."""
    ann = Assistant("ann", model=model(local_model_url, 8), instructions="You are Ann. " + SHORT)
    result = await Conversation([ann], until=MaxTurns(3)).run("Name a fruit.")
    checked(result.transcript)
    assert result.outcome.rule == "MaxTurns(turns=3)", str(result.outcome)
    assert len([event for event in events(result, Said) if event.turn is not None]) == 3


CONFIG = """
[tiers]
fast = "small-router@{url}"
smart = "small-worker@{url}"

[models."small-router@{url}"]
output = "native"
temperature = 0.0
seed = 7
max_output = 64
price = "free"

[models."small-worker@{url}"]
temperature = 0.0
seed = 7
max_output = 12
"""


async def test_a_router_on_a_cheap_tier_and_workers_on_another(
    local_model_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AGENTCHAT_MODEL", "AGENTCHAT_FAST", "AGENTCHAT_SMART"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "agentchat.toml"
    config.write_text(CONFIG.format(url=local_model_url))
    monkeypatch.setenv("AGENTCHAT_CONFIG", str(config))
    team = [
        Assistant("ann", model="smart", description="writes", instructions=SHORT),
        Assistant("bob", model="smart", description="checks", instructions=SHORT),
    ]
    result = await Conversation(team, routing=Selector("fast"), until=MaxTurns(2)).run("Write a line about rain.")
    checked(result.transcript)
    assert result.outcome.rule == "MaxTurns(turns=2)"  # the router's turns are not counted
    finished = events(result, CallFinished)
    spent = result.usage.by_tier
    assert set(spent) == {"fast", "smart"}
    assert spent["fast"].calls + spent["smart"].calls == len(events(result, CallStarted))
    assert spent["smart"].output_tokens.known <= 12 * spent["smart"].calls
    assert spent["fast"].calls >= 2
    assert spent["smart"].calls >= 2
    assert len(finished) >= 4
    assert set(result.usage.by_model) == {f"small-router@{local_model_url}", f"small-worker@{local_model_url}"}
    chosen = [event.to for event in events(result, TurnGiven) if event.to != "selector"]
    assert set(chosen) <= {"ann", "bob"}
    assert len(chosen) == 2
    assert [one.sender for one in result.transcript.messages() if one.sender in ("ann", "bob")] == chosen
    [opened] = events(result, Opened)
    tiers = {card["name"]: card["model"]["tier"] for card in opened.charter["agents"]}
    assert tiers == {"ann": "smart", "bob": "smart", "selector": "fast"}
    assert all("next" in one.problems[0] or "cut off" in one.problems[0] for one in events(result, Refused))


async def test_the_environment_wins_and_the_next_model_of_a_tier_is_asked_where_one_is_down(
    local_model_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "agentchat.toml"
    config.write_text(CONFIG.format(url=local_model_url))
    monkeypatch.setenv("AGENTCHAT_CONFIG", str(config))
    monkeypatch.setenv("AGENTCHAT_FAST", f"small-worker@{local_model_url}")
    monkeypatch.setenv("AGENTCHAT_SMART", f"down@http://127.0.0.1:9/v1, small-router@{local_model_url}")
    team = [Assistant("ann", model="fast", instructions=SHORT), Assistant("bob", model="smart", instructions=SHORT)]
    chat = Conversation(team, until=MaxTurns(2), limits=CallLimits(attempts=1))
    result = await chat.run("Say the word tea.")
    checked(result.transcript)
    assert [one.sender for one in result.transcript.messages()] == ["user", "ann", "bob"]
    spent = result.usage.by_tier
    assert (spent["fast"].calls, spent["smart"].calls) == (1, 2)
    assert set(result.usage.by_agent) == {"ann", "bob"}
    [failed] = events(result, CallFailed)
    assert failed.error.type == "ModelUnreachable"
