"""What an OpenAIModel may be set to, and what its card says of that."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from openai import AsyncOpenAI
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter

from agentchat.errors import ConfigurationError
from agentchat.models.openai import OpenAIModel
from agentchat.policy.cards import ModelCard
from agentchat.policy.spending.prices import FREE, Price
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
        "tools": lambda: OpenAIModel("m", extra={"tools": []}),
        "wire": lambda: OpenAIModel("m", wire="grpc"),  # type: ignore[arg-type]  # what a file may say
        "output": lambda: OpenAIModel("m", output="words"),  # type: ignore[arg-type]  # what a file may say
        "price": lambda: OpenAIModel("m", price="cheap"),  # type: ignore[arg-type]  # what a file may say
        "window": lambda: OpenAIModel("m", window=0),
        "summary": lambda: OpenAIModel("m", reasoning_summary="auto"),
        "no seed": lambda: OpenAIModel("m", wire="responses", seed=1),
        "no stop": lambda: OpenAIModel("m", wire="responses", stop="END"),
        "store": lambda: OpenAIModel("m", wire="responses", extra={"store": True}),
        "reasoning": lambda: OpenAIModel("m", wire="responses", extra={"reasoning": {}}),
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
        '"a":{"c":2,"d":1},"b":1'
    )
    assert "sk-x" not in repr(model("m")) + repr(card)
    assert model("@cf/meta/llama@2").card().name == "@cf/meta/llama@2"
    assert json.loads('{"messages":[' + card.tail + "}")["model"] == "m"


def test_what_a_card_says_beside_the_settings() -> None:
    price = Price(input=1.0, output=2.0, source="test")
    model = OpenAIModel("m", max_output=9, window=100, output="tool", price=price, tier="fast")
    assert model.card() == ModelCard(
        name="m",
        tail='],"model":"m","stream":true,"stream_options":{"include_usage":true}',
        tier="fast",
        output="tool",
        window=100,
        max_output=9,
        price=price,
    )
    assert OpenAIModel("m", price="free").card().price == FREE
    assert OpenAIModel("m").card().price is None


@pytest.mark.parametrize(
    ("model", "tail"),
    [
        (
            OpenAIModel("gpt-5", wire="responses", temperature=1, reasoning_effort="low", reasoning_summary="auto"),
            '],"model":"gpt-5","store":false,"include":["reasoning.encrypted_content"],"stream":true,'
            '"temperature":1.0,"reasoning":{"effort":"low","summary":"auto"}',
        ),
        (
            OpenAIModel("m", wire="responses", stream=False, top_p=1, extra={"truncation": "auto", "include": []}),
            '],"model":"m","store":false,"top_p":1.0,"include":[],"truncation":"auto"',
        ),
    ],
)
def test_the_settings_of_the_responses_api(model: OpenAIModel, tail: str) -> None:
    assert (model.card().wire, model.card().tail) == ("responses", tail)
    sent = json.loads('{"input":[' + tail + "}")
    TypeAdapter(ResponseCreateParamsNonStreaming | ResponseCreateParamsStreaming).validate_python(sent)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("gpt-5", True),
        ("o3", True),
        ("qwen3-4b", True),
        ("gpt-4.1-mini", False),
        ("gpt-4o", False),
        ("ft:gpt-4o:me", False),
        ("openai/gpt-4o", False),
        ("gpt-5-chat-latest", False),
        ("chatgpt-4o-latest", False),
        ("gpt-3.5-turbo", False),
    ],
)
def test_only_models_that_reason_are_asked_for_their_thoughts(name: str, asked: bool) -> None:
    assert ("reasoning.encrypted_content" in OpenAIModel(name, wire="responses").card().tail) is asked


@pytest.mark.parametrize(
    "model",
    [
        OpenAIModel("m@http://a:1/v1", max_output=7, price="free", extra={"top_k": 1}),
        OpenAIModel("gpt-5", wire="responses", output="native", tier="smart"),
    ],
)
def test_a_model_is_made_again_of_its_card(model: OpenAIModel) -> None:
    again = OpenAIModel.of_card(model.card(), api_key="sk-x", timeout=3)
    assert again.card() == model.card()
    assert repr(again) == repr(model)


@pytest.mark.parametrize("tail", ["", "]", '],"model":"other"', '],"model":"m"}', '"model":"m"', "]," + "[" * 10**5])
def test_a_card_that_is_no_services(tail: str) -> None:
    with pytest.raises(ConfigurationError, match="not those of a service"):
        OpenAIModel.of_card(ModelCard(name="m", tail=tail))
