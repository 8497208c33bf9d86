"""What a typed line means as an answer."""

from __future__ import annotations

import pytest
from pydantic import JsonValue, TypeAdapter

from agentchat.cli.answering import read_value
from agentchat.errors import ConfigurationError
from agentchat.seams import Approval

APPROVAL = Approval.model_json_schema()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("y", {"yes": True}),
        ("Yes.", {"yes": True}),
        ("true", {"yes": True}),
        ("", {"yes": False, "reason": None}),
        ("no, too slow", {"yes": False, "reason": "too slow"}),
        ("false", {"yes": False, "reason": None}),
        ('{"yes": true, "instead": "print(2)"}', {"yes": True, "instead": "print(2)"}),
    ],
)
def test_an_approval(line: str, value: JsonValue) -> None:
    assert read_value(line, APPROVAL) == value


@pytest.mark.parametrize("line", ["perhaps", "yes, but not with sudo", "true enough", "yes please"])
def test_what_is_neither_yes_nor_no(line: str) -> None:
    for schema, no in ((APPROVAL, "no with the reason behind it"), (TypeAdapter(bool).json_schema(), "no")):
        with pytest.raises(ConfigurationError) as caught:
            read_value(line, schema)
        assert str(caught.value) == f"{line!r} is neither yes nor no: type yes alone, or {no}"


def test_other_kinds() -> None:
    assert read_value("y", TypeAdapter(bool).json_schema()) is True
    assert read_value("No.", TypeAdapter(bool).json_schema()) is False
    assert read_value(" as it is ", TypeAdapter(str).json_schema()) == " as it is "
    assert read_value("[1]", TypeAdapter(list[int]).json_schema()) == [1]


@pytest.mark.parametrize("schema", [APPROVAL, TypeAdapter(list[int]).json_schema()])
def test_what_is_no_json(schema: dict[str, JsonValue]) -> None:
    with pytest.raises(ConfigurationError, match="this is no JSON"):
        read_value("{", schema)
