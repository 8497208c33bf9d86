"""What an OpenAIModel may be set to, and what its card says of that."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from openai import AsyncOpenAI

from agentchat.errors import ConfigurationError
from agentchat.models.openai import OpenAIModel
from agentchat.transcript.calls import JsonObject


def _settings() -> dict[str, Callable[[], object]]:
    return {
        "name": lambda: OpenAIModel(" "),
        "twice": lambda: OpenAIModel("m@http://a/v1", base_url="http://b/v1"),
        "scheme": lambda: OpenAIModel("m", base_url="ftp://a/v1"),
        "port": lambda: OpenAIModel("m", base_url="http://a:99999/v1"),
        "space": lambda: OpenAIModel("m", base_url="http://a b/v1"),
        "password": lambda: OpenAIModel("m@http://me:secret@a/v1"),
        "query": lambda: OpenAIModel("m", base_url="http://a/v1?key=secret"),
        "temperature": lambda: OpenAIModel("m", temperature=float("nan")),
        "negative": lambda: OpenAIModel("m", temperature=-1),
        "top_p": lambda: OpenAIModel("m", top_p=1.5),
        "bool": lambda: OpenAIModel("m", top_p=True),
        "seed": lambda: OpenAIModel("m", seed=True),
        "max_output": lambda: OpenAIModel("m", max_output=0),
        "timeout": lambda: OpenAIModel("m", timeout=0),
        "for ever": lambda: OpenAIModel("m", timeout=float("inf")),
        "stop": lambda: OpenAIModel("m", stop=[""]),
        "own field": lambda: OpenAIModel("m", extra={"messages": []}),
        "own setting": lambda: OpenAIModel("m", extra={"temperature": 1}),
        "nan": lambda: OpenAIModel("m", extra={"x": float("nan")}),
        "surrogate": lambda: OpenAIModel("m", extra={"x": "\ud800"}),
        "key": lambda: OpenAIModel("m", api_key="sk-ü"),
        "client": lambda: OpenAIModel("m", api_key="x", client=AsyncOpenAI(api_key="x")),
    }


@pytest.mark.parametrize("name", list(_settings()))
def test_settings_that_make_no_sense(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _settings()[name]()
    assert "secret" not in str(caught.value)


def test_equal_models_have_equal_cards() -> None:
    def model(address: str) -> OpenAIModel:
        extra: JsonObject = {"b": 1, "a": {"d": 1, "c": 2}}
        return OpenAIModel(address, api_key="sk-x", temperature=1, stop="END", extra=extra)

    card = model("m@http://a:1/v1").card()
    again = OpenAIModel(
        "m", base_url="http://a:1/v1/", temperature=1.0, stop=["END"], extra={"a": {"c": 2, "d": 1}, "b": 1}
    )
    assert card == again.card()
    assert card.name == "m@http://a:1/v1"
    assert card.tail == (
        '],"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":1.0,"stop":["END"],'
        '"a":{"c":2,"d":1},"b":1}'
    )
    assert "sk-x" not in repr(model("m")) + repr(card)
    assert model("@cf/meta/llama@2").card().name == "@cf/meta/llama@2"
    assert json.loads('{"messages":[' + card.tail)["model"] == "m"
