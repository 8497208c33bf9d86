"""What a program gives and does not fit is told in one line; what is read keeps pydantic's error, with its places."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from agentchat import Approval, Budget, Direction, Handoff, MaxTurns, Price, Text, TextPart, Usage, Where
from agentchat.errors import ConfigurationError, NotATranscript, StoreUnavailable
from agentchat.transcript.events import Said
from agentchat.transcript.messages import wrap
from agentchat.transcript.transcript import Transcript


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: cast(Any, Direction)(nxt="a"),
            "Direction needs next=; Direction takes no 'nxt' (it takes: next, instruction, reason, about, answer)",
        ),
        (lambda: cast(Any, Usage)(foo=1), "Usage takes no 'foo' (it takes: input_tokens, output_tokens, "),
        (lambda: cast(Any, Price)(inputs=1), "Price needs input=; Price needs output=; Price takes no 'inputs' ("),
        (lambda: Price(input=-1, output=0), "Price(input=-1): Input should be greater than or equal to 0"),
        (lambda: cast(Any, Approval)(approved=True), "Approval needs yes=; Approval takes no 'approved' (it takes: "),
        (lambda: cast(Any, Handoff)(to=5), "Handoff(to=5): Input should be a valid string"),
        (
            lambda: cast(Any, Text)(text="a"),
            "Text needs parts=; Text takes no 'text' (it takes: parts). Text.of(",
        ),
        (lambda: cast(Any, TextPart)(content="x" * 500, x=1), "TextPart takes no 'x' (it takes: content)"),
    ],
)
def test_what_a_program_gives_is_told_in_one_line(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert str(raised.value).startswith(told)
    assert "\n" not in str(raised.value)


def test_values_are_given_by_name() -> None:
    with pytest.raises(TypeError, match=r"^Direction takes its values by name: Direction\(next=..., instruction=..."):
        cast(Any, Direction)("a")
    with pytest.raises(TypeError, match=r"^Budget takes its values by name: Budget\(calls=..., tokens=..., usd=..."):
        cast(Any, Budget)(0.5)


def test_what_is_read_keeps_its_places() -> None:
    with pytest.raises(ValidationError) as raised:
        Said.model_validate({"sender": "a", "body": {"kind": "direction", "nxt": "b"}})
    assert [one["loc"] for one in raised.value.errors()] == [
        ("body", "direction", "next"),
        ("body", "direction", "nxt"),
    ]


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (MaxTurns, "(turns: 'int')"),
        (Where, "(type: 'TypeOrName', by: 'str | None' = None, **fields: 'object')"),
        (Usage, "(*, input_tokens: int | None = None, output_tokens: int | None = None, "),
        (Budget, "(*, calls: int | None = None, tokens: int | None = None, usd: float | None = None, "),
        (Direction, "(*, next: str, instruction: str | None = None, reason: str | None = None, "),
    ],
)
def test_help_shows_what_is_to_be_given(made: type, shown: str) -> None:
    assert str(inspect.signature(made)).startswith(shown)


def test_what_is_read_does_not_pass_through_the_constructor() -> None:
    assert not any(kind.__pydantic_custom_init__ for kind in (Direction, Said, Text, TextPart, Usage))


def test_only_the_class_has_a_signature() -> None:
    with pytest.raises(AttributeError, match="cannot be called"):
        Direction(next="a").__signature__  # noqa: B018 - asking is the test


def test_a_file_that_cannot_be_written_or_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"gone/x\.jsonl: cannot be written \(No such file or directory\)"):
        Transcript().save(tmp_path / "gone" / "x.jsonl")
    with pytest.raises(NotATranscript, match=r"the path of its file is needed, not int$"):
        Transcript.load(cast(Any, 5))


async def _text() -> str:
    return "a"


def test_what_was_not_awaited_is_no_message() -> None:
    pending = _text()
    with pytest.raises(ConfigurationError, match="not coroutine: `await` it"):
        wrap(pending)
    pending.close()
