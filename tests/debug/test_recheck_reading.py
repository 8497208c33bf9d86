"""Differences as lines to read, and whom names of models stand for in a check."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentchat.debug.replay import Difference
from agentchat.models.catalog import Catalog
from agentchat.policy.cards import ModelCard
from agentchat.rechecking.found import Found
from agentchat.rechecking.reading import compared, difference_lines
from agentchat.rechecking.recorded_models import RecordedModels


def request(*messages: Any, **settings: Any) -> str:
    return json.dumps({"messages": list(messages), **settings})


def told(recorded: str, now: str) -> list[str]:
    return [line.text for line in compared(recorded, now)]


def user(content: object, role: str = "user") -> dict[str, object]:
    return {"role": role, "content": content}


def test_messages_that_are_new_and_gone_are_named() -> None:
    one, two, three = user("one"), user("two", "assistant"), user("three")
    assert told(request(one, two, three), request(one, three)) == [
        "message 1: the same",
        "message 2 (assistant) was there, and is not now:",
        "-two",
        "message 3: the same",
    ]
    assert told(request(one, three), request(one, two, three)) == [
        "message 1: the same",
        "message 2 (assistant) is new:",
        "+two",
        "message 2: the same",
    ]


def test_what_is_no_plain_text_is_compared_as_json() -> None:
    call = {"role": "assistant", "tool_calls": [{"id": "1"}]}
    other = {"role": "assistant", "tool_calls": [{"id": "2"}]}
    assert [line for line in told(request(call), request(other)) if line[:1] in "-+"][2:] == [
        '-   "id": "1"',
        '+   "id": "2"',
    ]
    parts = [{"type": "text", "text": "a"}]
    assert '-  "text": "a"' in told(request(user(parts)), request(user("b")))
    assert "message 1 differs:" in told(request("odd"), request("even"))


def test_settings_are_named_by_their_paths() -> None:
    one, other = request(temperature=1, tools=[{"name": "a"}]), request(tools=[{"name": "b"}], seed=3)
    assert told(one, other) == [
        "temperature: 1 → not set",
        'tools[0].name: "a" → "b"',
        "seed: not set → 3",
    ]


def test_any_other_texts_are_compared_line_by_line() -> None:
    for one, other in (("a\nb", "a\nc"), ("[1]", "[2]"), ('{"x":1}', '{"x":2}')):
        assert told(one, other)[:2] == ["--- recorded", "+++ now"]


def test_long_comparisons_are_cut() -> None:
    texts = "\n".join("abc"), "\n".join("xyz")
    found = Found(Difference(7, "what ann says", "a", "x", "a note"), texts)
    lines = [line.text for line in difference_lines(found, most=2)]
    assert lines == [
        "event 7, what ann says",
        "  recorded: a",
        "  now:      x",
        "  note:     a note",
        "  --- recorded",
        "  +++ now",
        "  … 7 lines more",
    ]
    assert len(list(difference_lines(found, most=None))) == 13


# models


def card(name: str, tier: str | None = None) -> ModelCard:
    return ModelCard(name=name, tail=f'],"model":"{name}"', tier=tier)


def names(models: RecordedModels, spec: Any) -> list[str]:
    return [model.card().name for model in models.of(spec)]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AGENTCHAT_MODEL", "AGENTCHAT_SMART", "AGENTCHAT_FAST", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_a_tier_stands_for_what_it_stood_for() -> None:
    models = RecordedModels([card("big", "smart"), card("other", "smart"), card("small", "fast"), card("x")])
    assert names(models, "smart") == ["big", "other"]
    assert names(models, ["fast", "smart"]) == ["small", "big", "other"]
    assert names(models, None) == ["big", "other"]
    assert names(models, "x") == ["x"]
    assert names(models, "gpt-4.1-nano") == ["gpt-4.1-nano"]  # named anew: it is another model now
    stronger = models.stronger("fast")
    assert stronger is not None
    assert stronger.card().name == "small"
    assert models.missing("fast") is None


def test_one_model_that_took_the_place_of_all_does_so_again() -> None:
    models = RecordedModels([card("one"), card("one")], catalog=Catalog())
    assert names(models, ["smart", "fast"]) == ["one"]
    assert names(models, None) == ["one"]
    assert models.stronger("smart") is None
    assert models.missing("smart") is None


def test_what_a_team_file_says_of_its_own_comes_first() -> None:
    models = RecordedModels([card("big", "smart")], catalog=Catalog())
    own = models.within(Catalog(tiers={"smart": ("bigger",)}))
    assert isinstance(own, RecordedModels)
    assert names(own, "smart") == ["bigger"]
    several = RecordedModels([card("a"), card("b")], catalog=Catalog())
    assert "smart" in str(several.missing("smart"))
