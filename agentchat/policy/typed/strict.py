"""A JSON schema as strict structured outputs want it. Only schemas come in and go out; classes are for `schemas`.

The services take a part of JSON Schema only (OpenAI's guide "Structured Outputs", section "Supported
schemas"; where it is silent, what the service was seen to answer):

- the root is an object; every object lists all its properties as required and allows no others;
- everything has a type; there is `anyOf` but no `oneOf` or `allOf`; a `$ref` stands alone; recursion is fine;
- of formats and patterns only some: look-around makes the service fail, `prefixItems` and `uniqueItems` are refused,
  `default` is refused by some servers;
- at most 5000 properties and 1000 enum values.

What can be said in other words is loosened and told in the description (a pair becomes a list of two, a default a
remark): the class still checks the answer. What cannot be said at all is a reason to send the plain schema unenforced.
The depth of nesting (10 levels) is left to the server, which counts its own way.
"""

from __future__ import annotations

import json
from typing import Final

from pydantic import JsonValue

from agentchat.errors import ConfigurationError
from agentchat.transcript.calls import JsonObject

_KEPT: Final = frozenset(
    {"type", "enum", "const", "title", "description", "format", "pattern", "multipleOf", "minimum", "maximum",
     "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems"}
)  # fmt: skip
_FORMATS: Final = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_TOLD: Final = {
    "default": "default",
    "examples": "examples",
    "format": "format",
    "pattern": "pattern",
    "prefixItems": "in this order",
    "uniqueItems": "no repeats",
}
_SHAPES: Final = ("type", "enum", "const", "properties", "anyOf", "oneOf", "allOf", "$ref")
_DEFS: Final = "#/$defs/"
_PROPERTIES: Final = 5000
_CHOICES: Final = 1000


def written_strictly(root: JsonObject, defs: JsonObject, name: str) -> JsonObject:
    """A schema and its definitions as strict mode wants them; `name` is what errors call the root.

    Raises ConfigurationError naming class and field for what strict mode cannot say.
    """
    writer = _Writer(defs)
    written = writer.write(root, name, frozenset())
    definitions: JsonObject = {key: writer.write(definition(_DEFS + key, defs), key, frozenset()) for key in defs}
    return {**written, "$defs": definitions} if definitions else written


def definition(ref: str, defs: JsonObject) -> JsonObject:
    """The definition that a `$ref` names. Raises ConfigurationError when there is none."""
    found = defs.get(ref.removeprefix(_DEFS))
    if not isinstance(found, dict):
        raise ConfigurationError(f"a JSON schema refers to {ref!r}, which is not defined in it")
    return found


class _Writer:
    """Writes schemas strictly. defs: the definitions as pydantic wrote them; the rest counts towards the limits."""

    def __init__(self, defs: JsonObject) -> None:
        self.defs = defs
        self.properties = 0
        self.choices = 0

    def write(self, node: JsonObject, where: str, within: frozenset[str]) -> JsonObject:
        """One schema. where: class and field. within: the definitions that are being written out around it."""
        node = _one_of_all(node, where)
        if "$ref" in node:
            return self._reference(node, where, within)
        if not any(shape in node for shape in _SHAPES):
            raise _unsayable(where, "takes any JSON at all")
        said = _remarked(node)
        self._choices(said, where)
        for union in ("anyOf", "oneOf"):
            if union in node:
                said["anyOf"] = [self.write(one, where, within) for one in _schemas(node, union)]
        if node.get("type") == "object" or "properties" in node:
            said |= self._object(node, where, within)
        if node.get("type") == "array":
            said["items"] = self._items(node, where, within)
        return said

    def _reference(self, node: JsonObject, where: str, within: frozenset[str]) -> JsonObject:
        """A `$ref` may have nothing beside it: with a description of its own, what it refers to is written out."""
        ref = str(node["$ref"])
        target = definition(ref, self.defs)
        own = {key: value for key, value in node.items() if key != "$ref"}
        remarks = _remarked(own)
        if not remarks:
            if not any(shape in target for shape in _SHAPES):
                raise _unsayable(where, "takes any JSON at all")
            return {"$ref": ref}
        if ref in within:  # written out, it would never end
            return {"anyOf": [{"$ref": ref}], **remarks}
        return self.write({**target, **own}, where, within | {ref})

    def _object(self, node: JsonObject, where: str, within: frozenset[str]) -> JsonObject:
        properties = node.get("properties")
        extra = node.get("additionalProperties", True)
        if not isinstance(properties, dict) or (not properties and isinstance(extra, dict)):
            raise _unsayable(where, "is an object whose keys are free; use a list of objects with key and value")
        self.properties += len(properties)
        if self.properties > _PROPERTIES:
            raise _unsayable(where, f"is one of more than {_PROPERTIES} properties")
        written: JsonObject = {
            name: self.write(one, f"{where}.{name}".lstrip("."), within)
            for name, one in properties.items()
            if isinstance(one, dict)
        }
        required: list[JsonValue] = list(written)
        return {"type": "object", "properties": written, "required": required, "additionalProperties": False}

    def _items(self, node: JsonObject, where: str, within: frozenset[str]) -> JsonObject:
        """What stands in a list; of a tuple, what stands in any place of it."""
        items = node.get("items")
        parts = [*_schemas(node, "prefixItems"), *([items] if isinstance(items, dict) and items else [])]
        forms: list[JsonValue] = []
        for part in parts:
            form = self.write(part, f"{where}[]", within)
            if form not in forms:
                forms.append(form)
        if not forms:
            raise _unsayable(f"{where}[]", "takes any JSON at all")
        only = forms[0]
        return only if len(forms) == 1 and isinstance(only, dict) else {"anyOf": forms}

    def _choices(self, said: JsonObject, where: str) -> None:
        enum = said.get("enum")
        values = enum if isinstance(enum, list) else [said["const"]] if "const" in said else []
        self.choices += len(values)
        if self.choices > _CHOICES:
            raise _unsayable(where, f"brings the schema above {_CHOICES} enum values")
        if values and "type" not in said:
            names: list[JsonValue] = list(dict.fromkeys(_type_name(value) for value in values))
            said["type"] = names[0] if len(names) == 1 else names


def _unsayable(where: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{where} {why}: a strict schema cannot say that")


def _one_of_all(node: JsonObject, where: str) -> JsonObject:
    """`allOf` of one schema is that schema with what stands beside it."""
    parts = _schemas(node, "allOf")
    if len(parts) > 1:
        raise _unsayable(where, "must fit several schemas at once (allOf)")
    return {**parts[0], **{key: value for key, value in node.items() if key != "allOf"}} if parts else node


def _remarked(node: JsonObject) -> JsonObject:
    """The keywords that may stay as they are; the others a model should know of are told in the description."""
    said = {key: value for key, value in node.items() if key in _KEPT and not _foreign(key, value)}
    told = [
        f"{words}: {json.dumps(node[key], ensure_ascii=False)}"
        for key, words in _TOLD.items()
        if key in node and key not in said and node[key] is not None
    ]
    if told:
        before = said.get("description")
        remark = "; ".join(told)
        said["description"] = f"{before} ({remark})" if before else remark
    return said


def _foreign(key: str, value: JsonValue) -> bool:
    if key == "format":
        return value not in _FORMATS
    # look-around fails inside the service; what else it takes of regular expressions is its own business
    return key == "pattern" and any(mark in str(value) for mark in ("(?=", "(?!", "(?<=", "(?<!"))


def _schemas(node: JsonObject, key: str) -> list[JsonObject]:
    found = node.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _type_name(value: JsonValue) -> str:
    if value is None:
        return "null"
    return {str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(value), "object")
