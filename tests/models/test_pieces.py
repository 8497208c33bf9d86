"""The pure pieces: events from bytes, waits from headers, answers from chunks."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.errors import ConfigurationError, ModelBadReply
from agentchat.models.answer import Answer
from agentchat.models.http_errors import LONGEST_WAIT, Service, mend, retry_after
from agentchat.models.openai import OpenAIModel
from agentchat.models.settings import checked_url, split_name
from agentchat.models.sse import Event, EventReader
from tests.models.asking import Heard

SERVICE = Service("m", "http://h/v1", ("sk-secret",))


def read(data: bytes, cuts: list[int]) -> list[Event]:
    """The events of a stream that arrives cut at these places."""
    reader = EventReader(1 << 20)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    events = [event for start, end in pairwise(edges) for event in reader.feed(data[start:end])]
    last = reader.close()
    return [*events, last] if last else events


@given(
    st.lists(st.lists(st.text(alphabet="ab é🙂{}:", max_size=5), min_size=1, max_size=3), max_size=5),
    st.lists(st.sampled_from(["\n", "\r", "\r\n"]), min_size=1, max_size=7),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_events_are_the_same_however_they_are_cut(bodies: list[list[str]], ends: list[str], cuts: list[int]) -> None:
    lines = [line for body in bodies for line in (*(f"data: {piece}" for piece in body), ": note", "")]
    # A CR that is followed by an empty line ended by LF would be one CRLF.
    kinds = ends if "\r" not in ends or len(set(ends)) == 1 else ["\r\n"]
    data = "".join(line + kinds[place % len(kinds)] for place, line in enumerate(lines)).encode()
    expected = [Event(b"", "\n".join(body).encode()) for body in bodies]
    assert read(data, cuts) == read(data, []) == expected


def test_a_long_event_in_tiny_pieces_takes_linear_time() -> None:
    reader = EventReader(1 << 24)
    data = b"data: " + b"x" * (1 << 22) + b"\n\n"
    events = [event for start in range(0, len(data), 16) for event in reader.feed(data[start : start + 16])]
    assert [len(event.data) for event in events] == [1 << 22]


def test_an_event_above_the_limit() -> None:
    reader = EventReader(100)
    assert len(reader.feed(b"data: x\n\n" * 50)) == 50
    assert reader.feed(b"data: " + b"x" * 40) == []
    with pytest.raises(ModelBadReply, match="100 bytes"):
        reader.feed(b"x" * 60)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "86400"}, LONGEST_WAIT),
        ({"retry-after": "inf"}, LONGEST_WAIT),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "?", "retry-after": "9"}, 9.0),
        (
            {"retry-after": "Sun, 01 Nov 2026 12:00:30 GMT", "date": "Sun, 01 Nov 2026 12:00:00 GMT"},
            30.0,
        ),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 9999 07:28:00 GMT"}, LONGEST_WAIT),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_servers_words_are_made_fit_to_show() -> None:
    shown = SERVICE.clean("a\x1b[2J\n b sk-secret \ud800" + "x" * 1000)
    assert shown.startswith("a[2J b [key] \ufffdxxx")
    assert len(shown) == 403


@given(st.text())
def test_mending_leaves_whole_text_alone(text: str) -> None:
    assert mend(text) == text


@given(st.text(), st.lists(st.integers(0, 60), max_size=8))
def test_an_answer_is_what_was_sent_however_it_is_cut(text: str, cuts: list[int]) -> None:
    heard = Heard()
    answer = Answer(SERVICE, heard.append)
    # Cut between UTF-16 units, as servers written in JavaScript or C# may do.
    units = text.encode("utf-16-le")
    edges = [0, *sorted(2 * cut % (len(units) + 2) for cut in cuts), len(units)]
    for start, end in pairwise(edges):
        piece = units[start:end].decode("utf-16-le", "surrogatepass")
        answer.take(json.dumps({"choices": [{"delta": {"content": piece}}]}).encode())
    answer.take(b'{"choices":[{"delta":{},"finish_reason":"stop"}]}')
    assert answer.reply().text == heard.text == text


def test_an_answer_has_room_for_so_much_and_no_more() -> None:
    answer = Answer(SERVICE, Heard().append, max_text=5)
    answer.take(b'{"choices":[{"delta":{"content":"ab","reasoning":"c"}}]}')
    call = b'{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"%b"}}]}}]}'
    answer.take(call % b"de")
    with pytest.raises(ModelBadReply, match="longer than 5"):
        answer.take(call % b"f")


@pytest.mark.parametrize("name", ["m@localhost:8080", "m@127.0.0.1", "m@box.local:8080/v1"])
def test_an_address_without_a_scheme_is_said(name: str) -> None:
    with pytest.raises(ConfigurationError, match="@http://"):
        split_name(name, None)


@pytest.mark.parametrize("name", ["@cf/meta/llama-3", "claude@20240620", "org/model@v1.2"])
def test_a_model_may_have_an_at_of_its_own(name: str) -> None:
    assert split_name(name, None) == (name, None)


@pytest.mark.parametrize("name", ["m@HTTP://127.0.0.1:9/v1", "m@Http://127.0.0.1:9/v1/"])
def test_the_scheme_of_an_address_may_be_written_in_capitals(name: str) -> None:
    """It was taken for a part of the model's name, and the prompt went to api.openai.com."""
    assert split_name(name, None) == ("m", "http://127.0.0.1:9/v1")
    base_url = name.removeprefix("m@")
    assert OpenAIModel("m", base_url=base_url).card().name == "m@http://127.0.0.1:9/v1"


@pytest.mark.parametrize("path", ["/chat/completions", "/responses/", "/completions"])
def test_an_address_of_which_too_much_was_copied(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ends before /[a-z/]+: write http://127\.0\.0\.1:9/v1$"):
        checked_url(f"http://127.0.0.1:9/v1{path}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("localhost:8080/v1", "8080/v1, not 'localhost:8080/v1'"),
        ("http://local host/v1", "8080/v1, not 'http://local host/v1'"),
        ("sk-secret-1234", "8080/v1"),
        ("me:secret@host/v1", "8080/v1"),
        ("http://[?key=secret", "8080/v1"),
    ],
)
def test_an_address_that_is_none_is_shown_where_it_holds_no_secret(url: str, shown: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        checked_url(url, "HERE: ")
    assert str(caught.value) == f"HERE: a base URL looks like http://127.0.0.1:{shown}"
