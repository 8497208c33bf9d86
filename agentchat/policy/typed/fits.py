"""Whether a plain JSON value fits a JSON schema, said so that the one who wrote the value can mend it.

It knows what pydantic writes (JSON Schema 2020-12: types, properties, items, bounds, patterns, dates, `$ref` into the
schema itself) and is used where the class behind a schema is not at hand: arguments of tools, answers of people,
messages read back without their code. It raises no false alarm: what pydantic takes from JSON in its strict mode fits
(but for `true` where 1 is one of the choices). So keywords it does not know (`not`, `if`, `uniqueItems`, foreign
`$ref`s) are not judged, and `oneOf` is `anyOf`.

No file, no clock; nothing in the value or the schema can make it recurse or take longer than their sizes allow.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, NamedTuple

from pydantic import JsonValue

from agentchat.policy.typed.leaves import SHOWN, complaints, listed, matches, shown
from agentchat.transcript.calls import JsonObject

MOST: Final = 20
"""Problems told at once: whoever mends an answer needs the first few, and a list of a million would bury them."""


_BRANCHES: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf"})


class _Misfit(NamedTuple):
    """One problem: in words, how deep inside the value it lies, and where: a step, and the place within it.

    Joined only at the end, for a path of a deep value is long and every level would copy it.
    """

    text: str
    depth: int = 0
    place: _Place | None = None


class _Place(NamedTuple):
    key: str | int
    within: _Place | None


_Pair = tuple[JsonValue, JsonValue]
_Check = Generator[_Pair, list[_Misfit], list[_Misfit]]
"""A check under way: it asks for the problems of a part against a schema, and ends with its own."""


def misfits(value: JsonValue, schema: JsonObject) -> list[str]:
    """Why `value` does not fit `schema`, at most `MOST` lines with their places; empty when it fits.

    A line reads `items[2].price: must be a number, not "x"`; one about the whole reads `must be an object, not 3`.
    Time is at most the size of the value times that of the schema.
    """
    return [_line(one) for one in _judged(value, schema)]


def _line(found: _Misfit) -> str:
    steps: list[str] = []
    place = found.place
    while place is not None:
        steps.append(step(place.key))
        place = place.within
    return f"{''.join(steps).removeprefix('.')}: {found.text}" if steps else found.text


def step(key: str | int) -> str:
    """One step of a path: `.name`, `[3]`, `["odd name"]`."""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if key.isidentifier() and len(key) <= SHOWN else f"[{shown(key)}]"


def _judged(value: JsonValue, root: JsonObject) -> list[_Misfit]:
    """Run the checks on a stack of our own, each pair of value and schema once.

    Without the memory of finished pairs, nested unions would be tried again for every way that leads to them.
    """
    done: dict[tuple[int, int], list[_Misfit]] = {}
    stack = [((id(value), id(root)), _checked(value, root, root))]
    answer: list[_Misfit] | None = None
    while stack:
        key, check = stack[-1]
        try:
            pair = next(check) if answer is None else check.send(answer)
        except StopIteration as stop:
            stack.pop()
            answer = done[key] = stop.value
            continue
        part, schema = pair
        key = id(part), id(schema)
        answer = done.get(key)
        if answer is not None:
            continue
        if not isinstance(schema, dict):  # `true` and `false` are schemas too
            answer = [_Misfit("must not be there")] if schema is False else []
        elif isinstance(part, dict | list) or not _BRANCHES.isdisjoint(schema):
            done[key] = []  # while it is under way: a schema that leads back to itself says nothing
            stack.append((key, _checked(part, schema, root)))
        else:
            answer = done[key] = _own(part, schema)
    return answer or []


def _own(value: JsonValue, schema: JsonObject) -> list[_Misfit]:
    return [_Misfit(text) for text in complaints(value, schema)]


def _checked(value: JsonValue, schema: JsonObject, root: JsonObject) -> _Check:
    found = _own(value, schema)
    if isinstance(value, dict):
        found += yield from _members(value, schema)
    elif isinstance(value, list):
        found += yield from _elements(value, schema)
    if "$ref" in schema:
        found += yield value, _resolved(schema["$ref"], root)
    for part in listed(schema, "allOf"):
        found += yield value, part
    for union in (listed(schema, "anyOf"), listed(schema, "oneOf")):
        if union:
            found += yield from _any_of(value, union)
    return found[:MOST]


def _members(value: dict[str, JsonValue], schema: JsonObject) -> _Check:
    known, patterns = _mapping(schema, "properties"), _mapping(schema, "patternProperties")
    found = [
        _Misfit("is missing", 1, _Place(name, None))
        for name in listed(schema, "required")
        if isinstance(name, str) and name not in value
    ]
    others = schema.get("additionalProperties", True)
    names = schema.get("propertyNames", True)
    for name, member in value.items():
        if len(found) >= MOST:
            break
        if name in known:
            found += _under(name, (yield member, known[name]))
            continue
        named = [part for pattern, part in patterns.items() if matches(name, pattern) is not False]
        for part in named:
            found += _under(name, (yield member, part))
        if names is not True:
            found += [_Misfit(f"the name {one.text}", 1, _Place(name, None)) for one in (yield name, names)]
        if not named and others is False:
            found.append(_Misfit("is not known here", 1, _Place(name, None)))
        elif not named and others is not True:
            found += _under(name, (yield member, others))
    return found


def _elements(value: list[JsonValue], schema: JsonObject) -> _Check:
    found: list[_Misfit] = []
    first = listed(schema, "prefixItems")
    rest = schema.get("items", True)
    for place, element in enumerate(value):
        if len(found) >= MOST or (place >= len(first) and rest is True):
            break
        found += _under(place, (yield element, first[place] if place < len(first) else rest))
    return found


def _any_of(value: JsonValue, union: list[JsonValue]) -> _Check:
    """The problems of the form that fits best: the one whose first problem lies deepest."""
    best: list[_Misfit] = []
    texts: list[str] = []
    for part in union:
        found = yield value, part
        if not found:
            return []
        texts += [found[0].text] if found[0].depth == 0 else []
        if not best or _nearness(found) > _nearness(best):
            best = found
    return best if best[0].depth or len(texts) == 1 else [_Misfit(_either(texts[:MOST], f", not {shown(value)}"))]


def _either(texts: list[str], ending: str) -> str:
    """What every form of a union asks for, where the value comes near to none."""
    different = list(dict.fromkeys(texts))
    if all(text.startswith("must be ") and text.endswith(ending) for text in different):
        return (
            f"must be {' or '.join(text.removeprefix('must be ').removesuffix(ending) for text in different)}{ending}"
        )
    return " or ".join(different)


def _nearness(found: list[_Misfit]) -> tuple[int, int]:
    return min(one.depth for one in found), -len(found)


def _under(key: str | int, found: list[_Misfit]) -> list[_Misfit]:
    return [_Misfit(one.text, one.depth + 1, _Place(key, one.place)) for one in found]


def _resolved(ref: JsonValue, root: JsonObject) -> JsonValue:
    """The schema that a `$ref` into the same document names; True, which takes everything, for any other."""
    if not isinstance(ref, str) or not ref.startswith("#"):
        return True
    place: JsonValue = root
    for part in ref.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, dict) or name not in place:
            return True
        place = place[name]
    return place


def _mapping(schema: JsonObject, key: str) -> JsonObject:
    found = schema.get(key)
    return found if isinstance(found, dict) else {}
