"""How one model is asked, as a settings file says it: every key checked, with an error that names it.

The keys are those of `OpenAIModel`. No key of a service, and no address: the one is a secret, the other is part of the
model's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # that of the standard library is read by pydantic from Python 3.12 on

from agentchat.errors import ConfigurationError
from agentchat.policy.spending.prices import FREE, Price
from agentchat.settings import CONFIG_FILE
from agentchat.transcript.calls import OutputMode, Wire

_FOREIGN: Final = {
    "api_key": "no key goes into a file; set OPENAI_API_KEY, or pass api_key= to OpenAIModel",
    "base_url": 'the address is part of the name: [models."name@http://127.0.0.1:8080/v1"]',
    "name": "the name stands in the head of its table",
    "model": "the name stands in the head of its table",
}
_RATES: Final = tuple(name for name in Price.model_fields if name != "source")
_Tokens = Annotated[int, Field(ge=1)]


class ModelOptions(TypedDict, total=False):
    """Settings of one model, by the names that `OpenAIModel` gives them."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)  # type: ignore[misc]  # as pydantic has it

    output: OutputMode | Literal["auto"]
    window: _Tokens
    max_output: _Tokens
    wire: Wire
    price: Price
    temperature: Annotated[float, Field(ge=0)]
    top_p: Annotated[float, Field(ge=0, le=1)]
    seed: int
    reasoning_effort: str
    stop: str | list[str]
    extra: dict[str, JsonValue]
    timeout: Annotated[float, Field(gt=0)]
    stream: bool


_OPTIONS: Final = TypeAdapter(ModelOptions)


def options_of(table: object, where: str) -> ModelOptions:
    """The settings of a table as TOML gives it. `where` names it in errors. Raises ConfigurationError."""
    if not isinstance(table, dict):
        raise ConfigurationError(f"{where} must be a table of settings")
    for key in table:
        if key in _FOREIGN:
            raise ConfigurationError(f"{where} {key}: {_FOREIGN[key]}")
        if key not in ModelOptions.__annotations__:
            raise ConfigurationError(f"{where} unknown key {key!r}{nearest(key, ModelOptions.__annotations__)}")
    if table.get("price") == "free":
        table = {**table, "price": FREE.model_dump(exclude_none=True)}
    elif isinstance(table.get("price"), dict):
        for key in table["price"]:
            if key not in _RATES:
                raise ConfigurationError(f"{where} price: unknown key {key!r}{nearest(key, _RATES)}")
        table = {**table, "price": {**table["price"], "source": CONFIG_FILE}}
    elif "price" in table:
        raise ConfigurationError(
            f'{where} price: write {{ input = 0.1, output = 0.4 }} (US dollars for a million), or "free"'
        )
    try:
        return _OPTIONS.validate_json(json.dumps(table, allow_nan=False), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{where} {place}: {first['msg']}") from None
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{where} what no JSON can hold: {error}") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """What to add to the error about an unknown word: the known one it may stand for, else all of them."""
    known = tuple(known)
    near = get_close_matches(word, known, 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
