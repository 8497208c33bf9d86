"""One function for all formats: names, views of agents, and the transcript itself."""

from __future__ import annotations

import pytest
from hypothesis import given

from agentchat.errors import ConfigurationError
from agentchat.exchange.formats import FORMATS, export, format_of
from agentchat.transcript.transcript import Transcript
from tests.exchange.logs import conversation
from tests.policy.generated import plays, several
from tests.policy.play import Play


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_gives_a_text_and_says_what_is_lost(format: str) -> None:
    made = export(conversation().log, format, version="1")
    assert made.text.endswith("\n")
    assert bool(made.losses) == (format != "jsonl")
    assert all(loss and "\n" not in loss and not loss.endswith(".") for loss in made.losses)


@several
@given(plays())
def test_as_jsonl_nothing_is_lost(play: Play) -> None:
    made = export(play.log, "jsonl")
    assert (made.text.encode(), made.losses) == (play.log.dumps(), ())
    assert Transcript.loads(made.text.encode()).dumps() == play.log.dumps()


@pytest.mark.parametrize(
    ("format", "agent", "told"),
    [
        ("markdwon", None, "there is no format 'markdwon'; did you mean 'markdown'? there are markdown, openai, otel"),
        ("xyz", None, "there is no format 'xyz'; there are markdown,"),
        ("openai", "helpr", "there is no agent 'helpr' in this conversation; did you mean 'helper'? there are helper"),
        ("markdown", "helper", "the format markdown has no view of a single agent; openai and atif have one"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest(format: str, agent: str | None, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        export(conversation().log, format, agent=agent)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.md", "markdown"), ("A.MMD", "mermaid"), ("a.jsonl", "jsonl")],
)
def test_a_file_name_may_say_the_format(name: str, format: str) -> None:
    assert format_of(name) == format


@pytest.mark.parametrize("name", ["a.json", "a"])
def test_a_file_name_that_says_none_is_told(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the name {name} says no format; choose one of markdown, openai"):
        format_of(name)


def test_content_is_for_spans_alone() -> None:
    with pytest.raises(ConfigurationError, match="content is for the format otel"):
        export(conversation().log, "atif", content=True)
