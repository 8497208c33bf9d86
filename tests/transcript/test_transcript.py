"""The log: append only, without gaps, chained; folds that are asked again; views; files."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agentchat.errors import DamagedTranscript, NotATranscript, OutOfOrder, TranscriptError, WrongType
from agentchat.transcript.calls import Reply
from agentchat.transcript.chain import NO_LINE, digest
from agentchat.transcript.events import CallFinished, CallStarted, Entry, Event, Judged, Opened, Said
from agentchat.transcript.messages import CodeResult, CodeRun, Data, Text, TextPart
from agentchat.transcript.transcript import Fold, Transcript, split_lines
from tests.fixtures.make_format_1 import transcript as every_kind
from tests.transcript.instances import events

OPENED = Opened(conversation="c", charter={})
RUN = CodeRun(language="python", status="ok", exit_code=0)
REPLY = Reply(parts=(TextPart(content="hello"),), finish="stop")


def log_of(*given: Event) -> Transcript:
    made = Transcript()
    for event in given:
        add(made, event)
    return made


def add(made: Transcript, event: Event) -> Entry:
    entry = made.next(event, at=1.0, active=0.5, cause=len(made))
    made.append(entry)
    return entry


def said(text: str) -> Said:
    return Said(sender="user", body=Text.of(text))


def test_the_start_of_a_call_and_of_what_is_none() -> None:
    whole = every_kind()
    started = [entry for entry in whole if isinstance(entry.event, CallStarted)]
    assert len(started) > 3
    assert [whole.started(entry.seq) for entry in started] == [entry.event for entry in started]
    assert (whole.started(1), whole.started(0), whole.started(len(whole) + 1)) == (None, None, None)


def test_an_empty_log() -> None:
    log = Transcript()
    assert len(log) == 0
    assert list(log) == []
    assert log.head == NO_LINE
    with pytest.raises(NotATranscript, match="begins with an Opened"):
        _ = log.conversation
    with pytest.raises(IndexError):
        log[1]
    with pytest.raises(IndexError):
        log.line(0)


def test_entries_are_found_by_their_number() -> None:
    log = log_of(OPENED, said("a"), said("b"))
    assert log.conversation == "c"
    assert [entry.seq for entry in log] == [1, 2, 3]
    assert log[2].event == said("a")
    assert log[2].prev == digest(log.line(1))
    assert log.head == digest(log.line(3))
    for seq in (0, -1, 4):
        with pytest.raises(IndexError, match="events 1 to 3"):
            log[seq]


def test_a_view_is_bounded() -> None:
    log = log_of(OPENED, said("a"), said("b"), said("c"))
    view = log.since(1)
    add(log, said("d"))
    assert [entry.seq for entry in view] == [2, 3, 4]
    assert len(view) == 3
    assert view[0].seq == 2
    assert view[-1].seq == 4
    assert [entry.seq for entry in view[1:]] == [3, 4]
    assert [entry.seq for entry in view[2:1]] == []
    assert list(log.since(9)) == []
    with pytest.raises(IndexError):
        view[3]
    with pytest.raises(ValueError, match="forward"):
        view[::-1]


def test_a_gap_a_duplicate_and_a_broken_chain_are_errors() -> None:
    log = log_of(OPENED, said("a"))
    entry = log.next(said("b"), at=1, active=0, cause=0)
    with pytest.raises(OutOfOrder, match="event 2 comes twice"):
        log.append(entry._replace(seq=2))
    with pytest.raises(OutOfOrder, match="event 5 follows 2: a gap"):
        log.append(entry._replace(seq=5))
    with pytest.raises(DamagedTranscript, match="event 3 does not continue"):
        log.append(entry._replace(prev=NO_LINE))
    with pytest.raises(DamagedTranscript, match="CR LF of its line ends"):
        log.append(entry._replace(prev=NO_LINE), b"{}\r")
    with pytest.raises(ValueError, match="surrogate"):
        log.append(entry._replace(event=said("\ud800")))
    assert len(log) == 2
    log.append(entry)


def test_bodies_come_from_the_calls_they_refer_to() -> None:
    log = log_of(
        OPENED,
        CallFinished(call=1, result=REPLY),
        CallFinished(call=1, result=RUN),
        Said(sender="a", from_calls=(2,), turn=1),
        Said(sender="a", from_calls=(3, 3), skipped=1, turn=1),
        Said(sender="a", from_calls=(3,), turn=1),
        said("x"),
    )
    assert log.body(4) == Text.of("hello")
    assert log.body(5) == CodeResult(runs=(RUN, RUN), skipped=1)
    assert log.body(6) == CodeResult(runs=(RUN,))
    assert [message.seq for message in log.messages()] == [4, 5, 6, 7]
    assert log.message(7).text == "x"
    assert log.message(7).model({}) == Text.of("x")
    assert log.message(7).model(Text) == Text.of("x")
    assert repr(log.message(4)) == "Message(seq=4, sender='a', to=None, text='hello')"
    assert log.message(4).turn == 1


class Draft(BaseModel):
    n: int


def test_a_message_as_the_one_class_it_is_to_be() -> None:
    log = log_of(OPENED, Said(sender="a", body=Data(type="Draft", value={"n": 7})), said("x"),
                 Said(sender="a", body=Data(type="Draft", value={"m": 7})))  # fmt: skip
    assert log.message(2).model(Draft) == Draft(n=7)
    with pytest.raises(WrongType, match="message 2 of a is a Draft, not a Text"):
        log.message(2).model(Text)
    with pytest.raises(WrongType, match="message 3 of user is a Text, not a Draft"):
        log.message(3).model(Draft)
    with pytest.raises(WrongType, match=r"(?s)message 4 of a does not fit Draft: .*n\n +Field required"):
        log.message(4).model(Draft)


@pytest.mark.parametrize("calls", [None, (), (2, 3), (2, 2), (1,), (1, 3)])
def test_a_message_without_a_body_is_damaged(calls: tuple[int, ...] | None) -> None:
    log = log_of(OPENED, CallFinished(call=1, result=REPLY), CallFinished(call=1, result=RUN))
    add(log, Said(sender="a", from_calls=calls))
    with pytest.raises(DamagedTranscript, match="a message of a has no body"):
        log.body(4)


def test_what_is_no_message_has_no_body() -> None:
    log = log_of(OPENED)
    with pytest.raises(TranscriptError, match="event 1 is opened, not said"):
        log.body(1)
    with pytest.raises(TranscriptError, match="event 1 is opened, not said"):
        log.message(1)


# folds


def counted(state: list[int], entry: Entry, log: Transcript) -> list[int]:
    state.append(entry.seq)
    return state


@given(st.lists(st.sampled_from(("append", "ask", "rewind")), max_size=30), st.data())
def test_a_fold_asked_at_any_time_is_the_fold_from_scratch(steps: list[str], data: st.DataObject) -> None:
    log = log_of(OPENED)
    fold, other = Fold(list[int], counted), Fold(int, lambda state, entry, _: state + entry.seq)
    for step in steps:
        if step == "append":
            add(log, said("x"))
        elif step == "rewind":
            log.rewind(data.draw(st.integers(0, len(log))))
        else:
            assert log.fold(fold) == list(range(1, len(log) + 1))
            assert log.fold(other) == sum(range(1, len(log) + 1))
    assert log.fold(fold) == list(range(1, len(log) + 1))


def test_a_step_that_raises_leaves_nothing_behind() -> None:
    def strict(state: list[int], entry: Entry, log: Transcript) -> list[int]:
        state.append(entry.seq)
        if isinstance(entry.event, Said) and entry.event.sender == "bad":
            raise ValueError(entry.seq)
        return state

    fold = Fold(list[int], strict)
    log = log_of(OPENED, said("a"))
    assert log.fold(fold) == [1, 2]
    add(log, Said(sender="bad", body=Text.of("")))
    for _ in range(2):
        with pytest.raises(ValueError, match="3"):
            log.fold(fold)
    log.rewind(2)
    add(log, said("b"))
    assert log.fold(fold) == [1, 2, 3]


def test_rewinding_forgets_what_was_never_stored() -> None:
    log = log_of(OPENED, said("a"), said("b"))
    head = log.head
    log.rewind(1)
    assert [entry.seq for entry in log] == [1]
    assert log.head == digest(log.line(1))
    add(log, said("a"))
    add(log, said("b"))
    assert log.head == head
    log.rewind(0)
    assert log.head == NO_LINE


# the portable form


@given(st.lists(events | st.just(Judged(name="f", on=1, value=["x" * 70_000, "y" * 70_000])), min_size=1, max_size=5))
def test_the_portable_form_reads_back(given_events: list[Event]) -> None:
    log = log_of(*given_events)
    again = Transcript.loads(log.dumps())
    assert list(again) == list(log)
    assert again.head == log.head
    assert again.dumps() == log.dumps()
    assert again.torn == 0


def test_a_payload_is_written_once() -> None:
    large = Judged(name="f", on=1, value="x" * 70_000)
    log = log_of(OPENED, large, large)
    assert log.dumps().count(b"x" * 70_000) == 1
    assert list(log.blobs().values()) == [b"x" * 70_000]
    assert log.blobs_of(log.line(2)) == log.blobs()
    assert log.blobs_of(log.line(1)) == log_of(OPENED).blobs_of(log.line(2)) == {}
    assert Transcript.loads(log.dumps()).dumps() == log.dumps()


@given(st.data())
def test_a_flipped_bit_is_located(data: st.DataObject) -> None:
    dumped = every_kind().dumps()
    lines = split_lines(dumped)[0]
    assert len(lines) > 45
    which = data.draw(st.integers(0, len(lines) - 2))
    place = data.draw(st.integers(0, len(lines[which]) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(lines[which])
    changed[place] ^= 1 << bit
    whole = b"\n".join((*lines[:which], bytes(changed), *lines[which + 1 :])) + b"\n"
    after = next(place for place in range(which + 1, len(lines)) if not lines[place].startswith(b'{"blob"'))
    with pytest.raises(TranscriptError) as caught:
        Transcript.loads(whole)
    assert caught.value.line in (which + 1, after + 1)


def test_every_byte_of_a_line_counts() -> None:
    log = log_of(OPENED, said("a"), said("b"))
    first, second, third = (log.line(seq) for seq in (1, 2, 3))
    for place in range(len(second)):
        for other in (b"0", b'"', b" ", b"x"):
            changed = second[:place] + other + second[place + 1 :]
            if changed != second:
                with pytest.raises(TranscriptError) as caught:
                    Transcript.from_lines([first, changed, third])
                assert caught.value.line in (2, 3)


@pytest.mark.parametrize("large", [False, True])
def test_a_torn_tail_is_cut_and_counted(large: bool) -> None:
    log = log_of(OPENED, said("a"))
    kept = log.dumps()
    add(log, said("é" * 40_000 if large else "é"))
    dumped = log.dumps()
    places = range(len(kept), len(dumped), 997 if large else 1)
    for place in places:
        again = Transcript.loads(dumped[:place])
        assert [entry.seq for entry in again] == [1, 2]
        rest = dumped[len(kept) : place]
        assert again.torn == len(rest) - (rest.rfind(b"\n") + 1)
        add(again, said("on"))
    assert len(Transcript.loads(dumped)) == 3


def test_lines_that_are_missing_swapped_or_doubled_are_found() -> None:
    log = log_of(OPENED, *(said(str(number)) for number in range(4)))
    lines = [log.line(seq) for seq in range(1, 6)]
    for wrong, line in (
        ([lines[0], *lines[2:]], 2),
        ([lines[0], lines[2], lines[1], *lines[3:]], 2),
        ([*lines[:3], lines[2], *lines[3:]], 4),
        (lines[1:], 1),
    ):
        with pytest.raises(OutOfOrder) as caught:
            Transcript.from_lines(wrong)
        assert caught.value.line == line
    other = log_of(OPENED, said("other"))
    with pytest.raises(DamagedTranscript, match="line 3"):
        Transcript.from_lines([other.line(1), other.line(2), lines[2]])


def test_lines_of_a_store_are_taken_in_with_their_payloads() -> None:
    log = log_of(OPENED, Judged(name="f", on=1, value="x" * 70_000))
    lines = [log.line(1), log.line(2)]
    asked: list[str] = []

    def blob(name: str) -> bytes:
        asked.append(name)
        return log.blobs()[name]

    again = Transcript.from_lines(lines, blob)
    again.extend([])
    assert list(again) == list(log)
    assert again.dumps() == log.dumps()
    assert asked == list(log.blobs())
    with pytest.raises(DamagedTranscript, match=r"line 2: the payload .* is missing"):
        Transcript.from_lines(lines)
    with pytest.raises(DamagedTranscript, match=r"line 2: the payload .* was changed"):
        Transcript.from_lines(lines, lambda name: b"y")
    more = log_of(OPENED)
    add(more, Judged(name="f", on=1, value="x" * 70_000))
    more.extend([])
    assert more.line(2) == lines[1]


# files


def test_a_file_reads_back(tmp_path: Path) -> None:
    log = log_of(OPENED, said("a"))
    path = log.save(str(tmp_path / "run.jsonl"))
    assert path == tmp_path / "run.jsonl"
    assert path.read_bytes() == log.dumps()
    assert list(Transcript.load(str(path))) == list(log)
    assert [one.name for one in tmp_path.iterdir()] == ["run.jsonl"]


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"hello\nworld\n", b"\x89PNG\n\x00", b"{}\n", b"\n", b'{"v":1}\n', b"\xef\xbb\xbf{}\n"]
)
def test_something_else_is_no_transcript(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(data)
    with pytest.raises(NotATranscript, match=r"run\.jsonl: "):
        Transcript.load(path)


def test_what_is_not_there_is_no_transcript(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(NotATranscript, match="cannot be read"):
            Transcript.load(path)


def test_the_error_of_a_file_names_file_and_line(tmp_path: Path) -> None:
    log = log_of(OPENED, said("a"), said("b"))
    path = tmp_path / "run.jsonl"
    path.write_bytes(log.dumps().replace(b'"content":"a"', b'"content":"c"'))
    with pytest.raises(DamagedTranscript, match=r"run\.jsonl: line 3: ") as caught:
        Transcript.load(path)
    assert caught.value.line == 3


def test_a_users_model_reads_back_from_the_log() -> None:
    log = log_of(OPENED, Said(sender="user", body=Data(type="Draft", value={"title": "t"})))
    assert Transcript.loads(log.dumps()).message(2).body == Data(type="Draft", value={"title": "t"})


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_rests_while_a_log_is_read_and_no_longer(on: bool) -> None:
    log = log_of(OPENED, said("a"))
    lines = [log.line(1), log.line(2)]
    seen: list[bool] = []

    def watched() -> Iterator[bytes]:
        for line in lines:
            seen.append(gc.isenabled())
            yield line
        yield b"damaged"

    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(TranscriptError):
            Transcript.from_lines(watched())
        assert gc.isenabled() is on
        assert set(seen) == {False}
    finally:
        gc.enable()


def test_a_store_or_an_id_in_place_of_a_file_is_told_how_to_read_it(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_bytes(b"SQLite format 3\0and more")
    with pytest.raises(NotATranscript, match=r"db: this is a store, not a transcript; .*`await chat\.read\(id\)`$"):
        Transcript.load(tmp_path / "runs.db")
    with pytest.raises(NotATranscript, match=r"^an-id: cannot be read .*; .*`await chat\.read\(id\)`$"):
        Transcript.load("an-id")
    with pytest.raises(NotATranscript, match=r"no\.jsonl: cannot be read \([^;]*$"):
        Transcript.load(tmp_path / "no.jsonl")
