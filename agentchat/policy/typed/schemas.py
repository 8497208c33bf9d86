"""The JSON schemas of typed messages: as the charter records them, and as a server is asked to enforce them.

An answer that may be one of several types stands in an object that names the type; `answers` takes it out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pydantic import BaseModel, RootModel
from pydantic.errors import PydanticUserError
from pydantic.json_schema import models_json_schema

from agentchat.errors import ConfigurationError
from agentchat.policy.typed.strict import definition, written_strictly
from agentchat.transcript.calls import JsonObject


def type_schema(kind: type) -> JsonObject:
    """The JSON schema of a message type as the charter records it: what the class accepts. `str` is a string.

    Raises ConfigurationError for what is neither `str` nor a pydantic model, and for a model without a JSON schema.
    """
    nodes, defs = _described([kind])
    return {**nodes[0], "$defs": defs} if defs else nodes[0]


def strict_schema(kind: type[BaseModel]) -> JsonObject:
    """The strict schema of a model whose JSON is an object, for a response format or the parameters of a tool.

    Raises ConfigurationError naming class and field for what strict mode cannot say, and for a root that is no object
    (`answer_schema` puts such a one into an object).
    """
    nodes, defs = _described([kind])
    root = _rooted(nodes[0], defs)
    if root.get("type") != "object":
        raise ConfigurationError(f"{kind.__name__} is no JSON object, which a strict schema must be; put it in a field")
    return written_strictly(root, defs, kind.__name__)


def strictable(kind: type) -> str | None:
    """Why a strict schema cannot be written for a message type, naming the field; None when it can.

    A type for which there is a reason can still be asked for with `answer_schema(kinds, strict=False)`.
    """
    nodes, defs = _described([kind])
    try:
        written_strictly(_rooted(nodes[0], defs), defs, kind.__name__)
    except ConfigurationError as reason:
        return str(reason)
    return None


def answer_schema(kinds: Sequence[type], *, strict: bool = True) -> JsonObject:
    """The schema of an answer that is one of several message types: models, and `str` beside them.

    One type that is an object is its own schema. Otherwise the answer is `{"answer": value}` for one type, and
    `{"answer": {"type": name, "value": value}}` for several. strict=False writes the same shape without the demands
    of strict mode. Raises ConfigurationError for two classes of one name, for `str` alone (plain text has no schema),
    and for what strict mode cannot say.
    """
    named = kinds_by_name(kinds)
    if list(named.values()) == [str]:
        raise ConfigurationError("an answer of plain text needs no schema")
    nodes, defs = _described(list(named.values()))
    if is_wrapped(named):
        root = _object({"answer": _tagged(dict(zip(named, nodes, strict=True)))})
    else:
        root = _rooted(nodes[0], defs)
    if strict:
        return written_strictly(root, defs, next(iter(named)) if len(named) == 1 else "")
    return {**root, "$defs": defs} if defs else root


def kinds_by_name(kinds: Sequence[type]) -> dict[str, type]:
    """Message types by the name they go by in charters and answers: the name of the class.

    Raises ConfigurationError for none at all, for two different classes of one name, and for what is no message type.
    """
    named: dict[str, type] = {}
    for kind in kinds:
        _message_type(kind)
        other = named.setdefault(kind.__name__, kind)
        if other is not kind:
            places = " and ".join(f"{one.__module__}.{one.__qualname__}" for one in (other, kind))
            raise ConfigurationError(f"two types are named {kind.__name__!r}: {places}; rename one of them")
    if not named:
        raise ConfigurationError("a typed answer needs at least one type")
    return named


def is_wrapped(kinds: Mapping[str, type]) -> bool:
    """Whether an answer of these types stands inside an object with the one property `answer`."""
    return len(kinds) > 1 or not all(_stands_alone(kind) for kind in kinds.values())


@lru_cache(maxsize=1024)
def _stands_alone(kind: type) -> bool:
    """An object does, and plain text, which is no JSON at all."""
    if not issubclass(kind, RootModel):
        return True
    nodes, defs = _described([kind])
    return _rooted(nodes[0], defs).get("type") == "object"


def _tagged(bodies: Mapping[str, JsonObject]) -> JsonObject:
    if len(bodies) == 1:
        return next(iter(bodies.values()))
    return {
        "anyOf": [_object({"type": {"type": "string", "const": name}, "value": body}) for name, body in bodies.items()]
    }


def _object(properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _message_type(kind: object) -> None:
    if not (isinstance(kind, type) and (kind is str or issubclass(kind, BaseModel))) or kind is BaseModel:
        raise ConfigurationError(f"a typed message is str or a pydantic model, not {kind!r}")


def _described(kinds: Sequence[type]) -> tuple[list[JsonObject], JsonObject]:
    """Each type's schema, and the definitions they share; pydantic tells classes of one name apart by their modules."""
    for kind in kinds:
        _message_type(kind)
    models = [kind for kind in kinds if issubclass(kind, BaseModel)]
    try:
        if len(models) == 1:  # the schema itself; of several, references to their definitions
            whole: JsonObject = models[0].model_json_schema()
            nodes = {models[0]: {key: value for key, value in whole.items() if key != "$defs"}}
        else:
            found, whole = models_json_schema([(kind, "validation") for kind in models])
            nodes = {kind: found[kind, "validation"] for kind in models}
    except PydanticUserError as error:
        names = " or ".join(kind.__name__ for kind in models)
        raise ConfigurationError(f"{names}: no JSON schema can be written: {error.message}") from None
    defs = whole.get("$defs")
    described: list[JsonObject] = [{"type": "string"} if kind is str else nodes[kind] for kind in kinds]
    return described, defs if isinstance(defs, dict) else {}


def _rooted(node: JsonObject, defs: JsonObject) -> JsonObject:
    """A schema that is more than a reference."""
    while "$ref" in node:
        target = definition(str(node["$ref"]), defs)
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node
