"""Reading a model's typed answer: exactly one JSON object, taken out of its wrapper, validated by its class.

What is wrong with an answer is said to the model that gave it, which is asked again (`repair_prompt`). Nothing is
mended here: a parser that guesses turns `{"a": 1}{"a": 2}` into one of the two.

What user validators refuse (ValueError, AssertionError) is a problem of the answer; any other exception they raise is
a fault of theirs and goes through.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import to_json

from agentchat.errors import ConfigurationError
from agentchat.policy.typed.fits import MOST, misfits, step
from agentchat.policy.typed.json_text import NotTheAnswer, fenced_json, json_object
from agentchat.policy.typed.leaves import shown
from agentchat.policy.typed.schemas import is_wrapped
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.messages import json_of, stands_for

_LONGEST: Final = 300
"""Characters of one problem: messages of validators may quote all they were given."""

_NO_JSON: Final = "holds a number that is too large, or text that is no Unicode"


class Answer(NamedTuple):
    """An answer that fits.

    type: the name of its message type. model: the validated model; the text itself for `str`. value: the model as it
    is recorded: as its class dumps it, or as it was given where the class does not read its dump as the same. at: where
    it stands in the JSON of the reply: "" for the whole, "answer", or "answer/value". verbatim: the reply is JSON as it
    stands, and what stands there equals `value` in every type and in the order of its keys; a reader of the reply alone
    then has the value (`value_at`).
    """

    type: str
    model: BaseModel | str
    value: JsonValue
    at: str
    verbatim: bool


class Problems(NamedTuple):
    """Why an answer is refused, in words for the model that gave it; at most `MOST` and one that counts the rest."""

    problems: tuple[str, ...]


def read_answer(text: str, kinds: Mapping[str, type], *, lenient: bool = False) -> Answer | Problems:
    """Read a reply that was asked for with `answer_schema`; `kinds` are its message types by name.

    lenient: the JSON may stand in one fenced block, with words around it (for models that were only told the schema).
    Where `str` is the only type, the reply is the value. Raises ConfigurationError for no types, and for a model that
    cannot be written as JSON.
    """
    if not kinds:
        raise ConfigurationError("a typed answer needs at least one type")
    if all(kind is str for kind in kinds.values()):
        return Answer(next(iter(kinds)), text, text, "", True)
    try:
        block = fenced_json(text) if lenient else None
        whole = json_object(text if block is None else block)
    except NotTheAnswer as problem:
        return Problems((str(problem),))
    if is_wrapped(kinds) and (problems := misfits(whole, _wrapper(kinds))):
        return Problems(tuple(problems))
    name, given, at = _placed(whole, kinds)
    return _validated(name, kinds[name], given, at, block is None)


def value_at(text: str, at: str) -> JsonValue:
    """The value of an answer that was `verbatim`, read again from the reply's text.

    Raises ConfigurationError where the text does not hold it.
    """
    value: JsonValue
    try:
        value = json_object(text)
    except NotTheAnswer as problem:
        raise ConfigurationError(f"the recorded answer cannot be read: {problem}") from None
    for key in at.split("/") if at else ():
        if not isinstance(value, dict) or key not in value:
            raise ConfigurationError(f"the recorded answer has nothing at {at!r}")
        value = value[key]
    return value


def repair_prompt(problems: Sequence[str]) -> str:
    """What is said to a model whose answer was refused."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return (
        f"Your answer was not accepted:\n{listed}\n"
        "Answer again with the corrected JSON only: one JSON object that fits the schema, complete, and no other text."
    )


def _wrapper(kinds: Mapping[str, type]) -> JsonObject:
    inner: JsonObject = {}
    if len(kinds) > 1:
        inner = _closed({"type": {"enum": list(kinds)}, "value": {}})
    return _closed({"answer": inner})


def _closed(properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _placed(whole: JsonObject, kinds: Mapping[str, type]) -> tuple[str, JsonValue, str]:
    """The name of the type, its value, and where it stands, of an answer whose wrapper fits."""
    only = next(iter(kinds))
    if not is_wrapped(kinds):
        return only, whole, ""
    answer = whole["answer"]
    if len(kinds) > 1 and isinstance(answer, dict):
        return str(answer["type"]), answer["value"], "answer/value"
    return only, answer, "answer"


def _validated(name: str, kind: type, given: JsonValue, at: str, bare: bool) -> Answer | Problems:
    """Validate in pydantic's JSON mode, for which the part is written as JSON again: dates and decimals are text."""
    root = "".join(f".{key}" for key in at.split("/")) if at else ""
    written = _written(given)
    if written is None:
        return Problems((_said(root, _NO_JSON),))
    if kind is str:
        if isinstance(given, str):
            return Answer(name, given, given, at, bare)
        return Problems((_said(root, f"must be a string, not {shown(given)}"),))
    if not issubclass(kind, BaseModel):
        raise ConfigurationError(f"a typed message is str or a pydantic model, not {kind!r}")
    try:
        model = kind.model_validate_json(written)
        if model.model_dump_json(by_alias=True).encode() == written:  # the common case: `given` is the dump
            return Answer(name, model, given, at, bare)
        value = json_of(model)
    except ValidationError as error:
        return Problems(_refused(error, root))
    except RecursionError:
        return Problems((_said(root, "is nested too deeply"),))
    except ValueError as error:  # of the class's serializers
        raise ConfigurationError(f"a {name} cannot be written as JSON: {error}") from error
    if _written(value) is None:  # pydantic reads "inf" as a number
        return Problems((_said(root, _NO_JSON),))
    if not stands_for(value, model) and stands_for(given, model):  # a class that does not read what it dumps
        return Answer(name, model, given, at, bare)
    return Answer(name, model, value, at, False)


def _written(value: JsonValue) -> bytes | None:
    """A value as compact JSON; None for an infinite number (too many digits read as one) and half a surrogate pair."""
    try:
        written = to_json(value)
        if b"Infinity" in written or b"NaN" in written:  # in a text, or a number that JSON does not have
            json.dumps(value, allow_nan=False)
    except ValueError:
        return None
    return written


def _refused(error: ValidationError, root: str) -> tuple[str, ...]:
    found = error.errors(include_url=False)
    problems = []
    for one in found[:MOST]:
        path = root + "".join(step(key) for key in one["loc"])
        message, given = one["msg"], one["input"]
        if one["type"] != "missing" and not isinstance(given, dict | list):
            message = f"{message}, not {shown(given)}"
        problems.append(_said(path, message))
    if len(found) > MOST:
        problems.append(f"and {len(found) - MOST} more")
    return tuple(problems)


def _said(path: str, message: str) -> str:
    text = f"{path.removeprefix('.') or 'the answer'}: {message}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
