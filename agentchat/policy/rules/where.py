"""A rule about the fields of typed messages. Conditions are data: a path, a comparison, a JSON value."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import Any, Final, Literal, get_args

from pydantic import Field, JsonValue, field_validator
from pydantic_core import PydanticSerializationError, to_jsonable_python

from agentchat.errors import ConfigurationError
from agentchat.policy.board import Board
from agentchat.policy.rules.content import ContentLeaf, TypeOrName, only, type_name, unheard
from agentchat.policy.rules.spoken import Ear, Spoken
from agentchat.transcript.calls import JsonObject
from agentchat.transcript.frozen import Frozen
from agentchat.transcript.messages import Body, Data

Op = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "exists"]
OPS: Final[tuple[str, ...]] = get_args(Op)
_TAKEN: Final = ("by", "conditions", "rule", "type")
_PROPERTIES: Final = ("ok", "text")
"""What built-in bodies can be asked for beside their fields."""
_SIGNS: Final = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Missing:
    """Stands where a path leads nowhere: JSON has a null, which is something else."""


MISSING: Final = Missing()


class Condition(Frozen):
    """One field compared to one value. `path` has dots; a step into a list is its index from 0.

    eq, ne, lt, le, gt, ge: numbers with numbers, texts with texts, true and false only with each other; eq and ne any
    JSON. in: the field is among the values of a list. contains: the field is a list with the value, an object with
    the key, or a text with the text. exists: the field is there and not null (value true), or it is not (false).
    A field that is missing, or of a kind that cannot be compared, satisfies nothing but `exists=False`.
    """

    path: str = Field(min_length=1)
    op: Op = "eq"
    value: JsonValue = None

    def holds(self, value: JsonValue | Missing) -> bool:
        """Whether a field with this value satisfies it."""
        return _TESTS[self.op](value, self.value)

    def __str__(self) -> str:
        return f"{self.path} {_SIGNS.get(self.op, self.op)} {self.value!r}"


class Nearest:
    """What a `Where` remembers, to say why it has not come true: the last message of its type."""

    __slots__ = ("spoken",)

    def __init__(self) -> None:
        self.spoken: Spoken | None = None


class Where(ContentLeaf):
    """Ends when an agent sends a message of this type whose fields are as said, all in one message.

        Where("Report", passed=True)            Where(Report, by="check", score__ge=0.8)
        Where("Report", issues__0__level__in=["high", "fatal"])        Where("CodeResult", ok=True)

    A keyword is the path of a field, with `__` for each dot, and may end in a comparison: `__eq` (the usual), `__ne`,
    `__lt`, `__le`, `__gt`, `__ge`, `__in`, `__contains`, `__exists`; see `Condition`. A field that is itself called
    by, type, rule or conditions is written with its comparison: `by__eq="me"`. Values become JSON, as the message's
    own did. Beside its fields a built-in body has `text`, and a `CodeResult` has `ok`.
    """

    rule: Literal["where"] = "where"
    type: str = Field(min_length=1)
    by: str | None = None
    conditions: tuple[Condition, ...]

    def __init__(self, type: TypeOrName, by: str | None = None, **fields: object) -> None:
        if "rule" not in fields:  # not read from a record: there the conditions stand as they are
            listed = fields.pop("conditions", ())
            if not isinstance(listed, list | tuple):
                raise ConfigurationError(f"Where: conditions={listed!r}: that is no list of conditions")
            fields = {"conditions": (*listed, *(_condition(key, value) for key, value in fields.items()))}
        super().__init__(type=type_name(type, "Where"), by=by, **fields)

    def senders(self) -> tuple[str, ...]:
        """The one that is meant, if one is."""
        return only(self.by)

    @field_validator("conditions")
    @classmethod
    def _makes_sense(cls, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        if not conditions:
            raise ValueError("no field is named; for any message of a type there is Emitted")
        for one in conditions:
            if one.op == "in" and not isinstance(one.value, list):
                raise ValueError(f"{one.path}__in takes a list")
            if one.op == "exists" and not isinstance(one.value, bool):
                raise ValueError(f"{one.path}__exists takes True or False")
        return conditions

    def memory(self) -> Nearest:
        """The last message that was looked at."""
        return Nearest()

    def ear(self, board: Board, memory: object) -> Ear:
        """True at a message of that type that satisfies every condition; the values are the fields it asked for."""
        assert isinstance(memory, Nearest)
        name, by = self.type, self.by
        tests = [(one.path, _TESTS[one.op], one.value) for one in self.conditions]

        def heard(spoken: Spoken) -> JsonObject | None:
            if spoken.type != name or not spoken.is_by(by):
                return None
            memory.spoken = spoken
            fields: JsonObject = {}
            for path, test, value in tests:
                found = _field(spoken, path)
                if not test(found, value):
                    return None
                if not isinstance(found, Missing):
                    fields[path] = found
            return {"type": name, "sender": spoken.sender, "fields": fields}

        return heard

    def standing(self, board: Board, memory: object = None) -> str:
        """What was not so in the last message of the type."""
        assert isinstance(memory, Nearest)
        last = memory.spoken
        if last is None:
            return unheard(self.by, f"sent a {self.type}")
        failed = [str(one) for one in self.conditions if not one.holds(_field(last, one.path))]
        return f"not so at event {last.seq}: {', '.join(failed)}"

    def __str__(self) -> str:
        shown = [repr(self.type), *(() if self.by is None else (f"by={self.by!r}",))]
        keys = [_keyword(one) for one in self.conditions]
        if None in keys or len(set(keys)) < len(keys):
            listed = [one.model_dump() for one in self.conditions]
            return f"Where({', '.join(shown)}, conditions={listed!r})"
        pairs = zip(keys, self.conditions, strict=True)
        return f"Where({', '.join((*shown, *(f'{key}={one.value!r}' for key, one in pairs)))})"


def _field(spoken: Spoken, path: str) -> JsonValue | Missing:
    """The value at a path of what an agent says; the text of an ordinary message is at hand."""
    return spoken.text if path == "text" and spoken.text is not None else field_of(spoken.body, path)


def field_of(body: Body, path: str) -> JsonValue | Missing:
    """The value at a path of a message's fields, as JSON; MISSING where there is none."""
    first, *steps = path.split(".")
    value = _top(body, first)
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step, MISSING)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 10:
            value = value[int(step)] if int(step) < len(value) else MISSING
        else:
            return MISSING
    return value


def _top(body: Body, name: str) -> JsonValue | Missing:
    if isinstance(body, Data):
        return body.value.get(name, MISSING) if isinstance(body.value, dict) else MISSING
    if name in _PROPERTIES and hasattr(body, name):
        value: JsonValue = getattr(body, name)
        return value
    dumped: JsonObject = body.model_dump(mode="json", include={name})
    return dumped.get(name, MISSING)


def _condition(key: str, value: object) -> dict[str, Any]:
    path, op = _split(key)
    try:
        return {"path": path, "op": op, "value": to_jsonable_python(value)}
    except PydanticSerializationError:
        raise ConfigurationError(f"Where: {key}={value!r}: a field is compared to what JSON can hold") from None


def _split(key: str) -> tuple[str, str]:
    """The path and the comparison of a keyword."""
    *steps, last = key.split("__")
    if steps and last in OPS:
        return ".".join(steps), last
    return ".".join((*steps, last)), "eq"


def _keyword(one: Condition) -> str | None:
    """The keyword that gives this condition; None where none does."""
    bare = one.path.replace(".", "__")
    for key in (bare, f"{bare}__{one.op}"):
        usable = key.isidentifier() and not iskeyword(key) and key not in _TAKEN and key != "self"
        if usable and _split(key) == (one.path, one.op):
            return key
    return None


def _same(one: object, two: object) -> bool:
    """JSON equality: true is not 1."""
    if isinstance(one, str):
        return one == two
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[key], two[key]) for key in one)
    return one == two


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, JsonValue], bool]:
    def test(one: object, two: JsonValue) -> bool:
        if isinstance(one, bool) or isinstance(two, bool):
            return False
        kind = str if isinstance(two, str) else (int, float)
        return isinstance(one, kind) and isinstance(two, kind) and compare(one, two)

    return test


def _contains(one: object, two: JsonValue) -> bool:
    if isinstance(one, list):
        return any(_same(item, two) for item in one)
    return isinstance(one, str | dict) and isinstance(two, str) and two in one


_TESTS: Final[dict[str, Callable[[object, JsonValue], bool]]] = {
    "eq": _same,
    "ne": lambda one, two: one is not MISSING and not _same(one, two),
    "lt": _ordered(lambda one, two: one < two),
    "le": _ordered(lambda one, two: one <= two),
    "gt": _ordered(lambda one, two: one > two),
    "ge": _ordered(lambda one, two: one >= two),
    "in": lambda one, two: isinstance(two, list) and any(_same(one, item) for item in two),
    "contains": _contains,
    "exists": lambda one, two: (one is not MISSING and one is not None) is two,
}
"""Every comparison, for any two values: what cannot be compared is false, and nothing raises."""
