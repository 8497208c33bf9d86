"""Pictures that a program saved: named wherever its result is told, their bytes in the record alone."""

from __future__ import annotations

import base64

import pytest

from agentchat.catalogue.passages import passages
from agentchat.debug.comparing.marks import body_mark
from agentchat.exchange.atif import atif
from agentchat.exchange.markdown import markdown
from agentchat.exchange.mermaid_path import mermaid
from agentchat.exchange.openai_chat import openai_chat
from agentchat.exchange.otel import otel
from agentchat.policy.prompts.rendering import render
from agentchat.terminal.chat.collapsed import result_lines
from agentchat.terminal.event_line import event_line
from agentchat.terminal.view import view
from agentchat.transcript.chain import BLOB_LIMIT, blob_names, decode, encode
from agentchat.transcript.events import CallFinished
from agentchat.transcript.messages import CodeResult, CodeRun, SavedFile
from tests.report.samples import PICTURE, saving
from tests.terminal.test_view import printed

PLOT = SavedFile(name="plot.png", mime_type="image/png", content=PICTURE)
LINE = f"[saved plot.png: image/png, {len(base64.b64decode(PICTURE))} bytes]"
LOG = saving(PLOT, stdout="done")
SAID = len(LOG)
BODY = LOG.body(SAID)
CALL = LOG[SAID - 1]


def test_it_is_read_from_the_message_of_its_call() -> None:
    assert isinstance(BODY, CodeResult)
    assert BODY.runs[0].files == (PLOT,)
    assert BODY.text == f"[python: finished, exit code 0]\ndone\n{LINE}"


def test_the_model_is_told_of_it_in_words() -> None:
    made = render(LOG, SAID, "ann", "chat", crowd=False)
    assert made is not None
    assert made[1].content == f"[python: finished, exit code 0]\ndone\n{LINE}\n"


@pytest.mark.parametrize("content", [b"", b"a", b"ab", b"abc"])
def test_its_size_is_that_of_its_bytes(content: bytes) -> None:
    assert SavedFile(name="a", mime_type="b", content=base64.b64encode(content).decode()).size == len(content)


def test_the_terminal_names_it_and_shows_no_bytes() -> None:
    seen = view(LOG[SAID], LOG)
    assert LINE in printed(seen, width=100)
    assert isinstance(BODY, CodeResult)
    (line,) = result_lines(BODY, SAID)
    assert "saved plot.png" in line.plain
    assert PICTURE[:40] not in event_line(CALL, LOG).plain
    assert LINE in [passage.text for passage in passages(LOG, CALL)]


def test_exports_name_it_and_say_that_its_bytes_are_lost() -> None:
    for made in (markdown(LOG), atif(LOG), otel(LOG, content=True)):
        assert "plot.png" in made.text
        assert PICTURE not in made.text
        assert any("picture" in loss and "named in its place" in loss for loss in made.losses)
    assert "saved plot.png" in mermaid(saving(PLOT)).text
    assert any("saved picture" in loss for loss in openai_chat(LOG).losses)
    assert not any("picture" in loss for loss in (*markdown(saving()).losses, *atif(saving()).losses))


def test_another_picture_is_another_result() -> None:
    other = PLOT.model_copy(update={"content": PICTURE[:-8] + "AAAAAAA="})
    assert body_mark(saving(other).body(SAID)) != body_mark(saving(PLOT).body(SAID))


def test_a_program_that_saved_none_is_written_as_ever() -> None:
    entry = saving()[SAID - 1]
    assert isinstance(entry.event, CallFinished)
    assert b"files" not in encode(entry).data


def test_a_large_picture_is_kept_beside_the_log() -> None:
    big = PLOT.model_copy(update={"content": base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(BLOB_LIMIT)).decode()})
    line = encode(saving(big)[SAID - 1])
    assert len(line.data) < 1000
    (name,) = blob_names(line.data)
    read = decode(line.data, line.blobs.__getitem__).event
    assert isinstance(read, CallFinished)
    assert isinstance(read.result, CodeRun)
    assert read.result.files == (big,)
    assert name in line.blobs
