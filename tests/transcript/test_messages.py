"""Bodies as they are said and read: ours, a string, a user's own model, and one whose class is gone."""

from __future__ import annotations

import copy
import gc
import pickle
from datetime import date

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    RootModel,
    ValidationError,
    field_serializer,
)

from agentchat.errors import ConfigurationError
from agentchat.transcript.calls import Reply
from agentchat.transcript.messages import (
    Body,
    Code,
    CodeResult,
    CodeRun,
    Data,
    Direction,
    Handoff,
    ReasoningPart,
    RunStatus,
    Text,
    TextPart,
    ToolCallPart,
    ending_of,
    json_of,
    outcome_line,
    stands_for,
    text_of,
    unwrap,
    wrap,
)
from tests.odd_types import Computed, Dated, Renamed


class Draft(BaseModel):
    title: str
    pages: int = 1


class Names(RootModel[list[str]]):
    pass


CALL = ToolCallPart(id="1", name="f", arguments="{")
RUN = CodeRun(language="python", status="ok", exit_code=0, stdout="1\n")


def test_text_is_its_text_parts() -> None:
    thought = ReasoningPart(content="hm")
    assert text_of(()) == ""
    assert text_of((thought,)) == ""
    assert text_of((TextPart(content="a"),)) == "a"
    assert text_of((TextPart(content="a"), thought, TextPart(content="b"))) == "ab"
    assert Text.of(" x\n").text == " x\n"


def test_a_reply_gives_its_text_and_its_tool_calls() -> None:
    reply = Reply(parts=(TextPart(content="a"), CALL), finish="tool_calls")
    assert reply.text == "a"
    assert reply.tool_calls == (CALL,)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (Code(source="print(1)"), "print(1)"),
        (CodeResult(runs=(RUN,)), "[python: finished, exit code 0]\n1"),
        (CodeResult(runs=(), skipped=2), "2 later block(s) not run."),
        (Direction(next="a", instruction="do", reason="r"), "do"),
        (Direction(next="a", reason="r"), "r"),
        (Direction(next="a"), ""),
        (Handoff(to="a"), ""),
        (Handoff(to="a", reason="r"), "r"),
        (Data(type="Draft", value={"title": "Grüße"}), '{"title": "Grüße"}'),
    ],
)
def test_every_body_has_a_plain_text(body: Body, text: str) -> None:
    assert body.text == text


@pytest.mark.parametrize(
    ("status", "says", "told"),
    [
        ("ok", "finished, exit code 0", "finished with exit code 0 after 0.00 s"),
        ("error", "failed, exit code 3", "failed with exit code 3 after 0.00 s"),
        ("timeout", "stopped: it took too long", "was stopped: it took too long after 0.00 s"),
        ("killed", "killed by a limit or a signal", "was killed by a limit or a signal after 0.00 s"),
        ("unsupported", "not run", "was not run"),
    ],
)
def test_only_the_status_tells_success(status: RunStatus, says: str, told: str) -> None:
    run = CodeRun(language="bash", status=status, exit_code=3, stdout="exitcode: 0", truncated=True, detail="d")
    assert outcome_line(run) == f"[bash: {says}; d; output cut off]"
    assert ending_of(run) == f"bash {told}; d; output cut off"
    assert run.ok is (status == "ok")
    assert CodeResult(runs=(RUN, run)).ok is (status == "ok")
    assert CodeResult(runs=(RUN,), skipped=1).ok is False


def test_what_someone_says_becomes_a_body() -> None:
    assert wrap("a") == Text.of("a")
    assert wrap(Handoff(to="b")) == Handoff(to="b")
    assert wrap(Draft(title="t")) == Data(type="Draft", value={"title": "t", "pages": 1})
    assert wrap(Names(["a"])) == Data(type="Names", value=["a"])


def test_a_body_becomes_the_users_model_where_it_is_known() -> None:
    body = Data(type="Draft", value={"title": "t", "pages": 2})
    assert unwrap(body, {"Draft": Draft}) == Draft(title="t", pages=2)
    assert unwrap(body, {}) is body
    assert unwrap(Text.of("a"), {"Draft": Draft}) == Text.of("a")
    with pytest.raises(ValidationError):
        unwrap(Data(type="Draft", value=7), {"Draft": Draft})


def test_only_text_and_models_are_messages() -> None:
    with pytest.raises(ConfigurationError, match="not int"):
        wrap(5)


def test_a_call_of_a_tool_from_its_arguments() -> None:
    made = ToolCallPart.of("refund", order=4711, why="zu spät")
    assert made == ToolCallPart(id="call_refund", name="refund", arguments='{"order": 4711, "why": "zu spät"}')


def test_an_object_does_not_remember_which_fields_were_given() -> None:
    read = TextPart.model_validate_json('{"content":"x"}')
    for part in (TextPart(content="x"), read, read.model_copy(update={"content": "x"}), copy.deepcopy(read)):
        assert (part, part.model_fields_set) == (read, {"type", "content"})
        assert pickle.loads(pickle.dumps(part)) == read
        assert not [one for one in gc.get_referents(part) if isinstance(one, set)]


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=False)

    kind: str = Field(alias="type")


class Rounded(BaseModel):
    share: float

    @field_serializer("share")
    def written(self, share: float) -> float:
        return round(share, 1)


@pytest.mark.parametrize(
    ("model", "value", "same"),
    [
        (Draft(title="x"), {"title": "x", "pages": 1}, True),
        (Computed(half=2), {"half": 2}, True),  # its dump holds the computed field, which it forbids
        (Named(kind="x"), {"kind": "x"}, True),  # it reads by name only
        (Rounded(share=0.25), {"share": 0.2}, False),  # nothing reads as the same: the first that it reads at all
        (Renamed(read_as="Ann"), {"written_as": "Ann"}, False),  # it reads none of its dumps
        (Dated(day=date(2026, 11, 22)), {"day": "22.11.2026"}, False),
    ],
)
def test_json_from_which_a_class_reads_the_same_again(model: BaseModel, value: JsonValue, same: bool) -> None:
    assert json_of(model) == value
    assert stands_for(value, model) is same
