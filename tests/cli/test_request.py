"""`agentchat request`: the bytes that were sent, to read, to hash and to send again."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it has no types
import pytest

from agentchat import Assistant, Conversation, MaxTurns, Model, OpenAIModel, ScriptedModel, Transcript
from agentchat import request as request_of
from agentchat.cli.curl import curl
from agentchat.policy.rules import MaxTurns as Most
from agentchat.terminal.request_text import request_text
from agentchat.transcript.calls import AskRecipe, ModelRecipe
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallStarted
from agentchat.transcript.messages import Text
from tests.cli.conftest import ANSWER, Cli
from tests.policy.cards import handy, team, typed
from tests.policy.play import Play, wants
from tests.servers.fake_openai import FakeServer, stream

NASTY = "it's `$HOME` $(id) \"quoted\" \\ é \u202e 100% %s \x1b[2J\x9b\x7f\n'; exit 3; '"


def run(folder: Path, task: str = NASTY, *, model: Model | None = None) -> Transcript:
    """One agent and one model call at event 5, saved as run.jsonl."""
    agent = Assistant("ann", model=model or ScriptedModel(["hi"]), instructions="Be Ann.")
    transcript = Conversation([agent], until=MaxTurns(1)).run_sync(task).transcript
    transcript.save(folder / "run.jsonl")
    return transcript


def started(transcript: Transcript, seq: int = 5) -> CallStarted:
    event = transcript[seq].event
    assert isinstance(event, CallStarted)
    return event


def raw(cli: Cli, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The command with its output as bytes."""
    return subprocess.run(
        cli.command(*words), capture_output=True, env=cli.env, cwd=cli.folder, timeout=60, check=False
    )


def test_json_is_the_very_bytes_and_their_digest_the_recorded_one(cli: Cli) -> None:
    transcript = run(cli.folder)
    done = raw(cli, "request", "run.jsonl", "5", "--format", "json")
    assert done.returncode == 0
    assert sha256(done.stdout).hexdigest() == started(transcript).digest
    assert json.loads(done.stdout)["messages"][-1]["content"] == NASTY
    assert f"digest matches, sha256 {started(transcript).digest}\n" in done.stderr.decode()
    assert raw(cli, "request", "run.jsonl@7", "--format", "json").stdout == done.stdout


def test_the_server_got_what_is_printed(cli: Cli) -> None:
    with FakeServer([stream(*ANSWER)]) as server:
        run(cli.folder, model=OpenAIModel("x", base_url=server.base_url))
        sent = server.requests[0].body
    assert raw(cli, "request", "run.jsonl", "5", "--format", "json").stdout == sent


def test_text_is_read_by_people(cli: Cli) -> None:
    run(cli.folder, "Say hi.\n\nNow.")
    said = cli("request", "run.jsonl", "5")
    assert said.out.splitlines() == [
        "system",
        "  Be Ann.",
        "",
        "user",
        "  Say hi.",
        "",
        "  Now.",
        "",
        "settings",
        '  model: "scripted"',
    ]
    assert said.err.startswith("agentchat: event 5: the request to scripted by ann (turn 4, call 1, attempt 1): ")


# the line for a shell

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None and not os.environ.get("CI"),
    reason="the line is for curl, which is not installed here",
)


def shell(line: str, folder: Path, **env: str) -> None:
    """Run a line as a shell reads it from a file."""
    done = subprocess.run(
        ["sh"],
        input=line.encode(),
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **env},
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@needs_curl
@pytest.mark.parametrize("size", [1, 200_000], ids=["short", "longer than an argument"])
def test_the_line_sends_exactly_the_same_bytes(cli: Cli, size: int) -> None:
    with FakeServer([stream(*ANSWER)]) as server:
        transcript = run(cli.folder, NASTY * (size // len(NASTY) + 1), model=OpenAIModel("x", base_url=server.base_url))
        line = raw(cli, "request", "run.jsonl", "5", "--format", "curl").stdout.decode()
        shell(line, cli.folder, OPENAI_API_KEY="sk-of-the-shell")
    first, second = server.requests
    assert second.body == first.body
    assert sha256(second.body).hexdigest() == started(transcript).digest
    assert (second.path, second.headers["content-type"]) == ("/v1/chat/completions", "application/json")
    assert second.headers["authorization"] == "Bearer none"  # the address stands in the record: a stranger's, perhaps
    assert sorted(path.name for path in cli.folder.iterdir()) == ["run.jsonl"]


@needs_curl
def test_without_an_address_the_line_goes_home_with_the_key_of_the_shell(cli: Cli) -> None:
    run(cli.folder)
    cli.env["OPENAI_API_KEY"] = "sk-never-to-be-seen"
    done = raw(cli, "request", "run.jsonl", "5", "--format", "curl")
    assert b"sk-never" not in done.stdout + done.stderr
    with FakeServer([stream(*ANSWER)]) as server:
        shell(done.stdout.decode(), cli.folder, OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=server.base_url)
    assert server.requests[0].headers["authorization"] == "Bearer sk-x"
    assert server.requests[0].path == "/v1/chat/completions"
    assert b'"${OPENAI_BASE_URL:-https://api.openai.com/v1}/chat/completions"' in done.stdout


def test_the_key_goes_where_the_program_itself_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "Bearer $OPENAI_API_KEY"
    body = b"{}"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:7777/v1")
    assert key in curl(ModelRecipe(model="x@http://127.0.0.1:7777/other"), body)
    assert key in curl(ModelRecipe(model="x@https://api.openai.com/v1"), body)
    assert key in curl(ModelRecipe(model="plain"), body)
    assert key in curl(ModelRecipe(model="x@localhost:80"), body)  # no address: goes home
    assert "none" in curl(ModelRecipe(model="x@http://evil.example/v1"), body)
    monkeypatch.setenv("OPENAI_BASE_URL", "no address")
    assert "none" in curl(ModelRecipe(model="x@http://127.0.0.1:7777/v1"), body)
    responses = shlex.split(curl(ModelRecipe(model="x@http://127.0.0.1:7/v1", wire="responses"), body))
    assert "http://127.0.0.1:7/v1/responses" in responses
    assert responses[-1] == "{}"


def test_a_hostile_address_is_quoted() -> None:
    words = shlex.split(curl(ModelRecipe(model="x@http://h/$(touch${IFS}x);'"), b"{}").replace("\\\n", ""))
    assert words[2] == "http://h/$(touch${IFS}x);'/chat/completions"


# other calls


def other_calls(folder: Path) -> Play:
    play = Play(agreed=team(handy("a"))).start(Most(9))
    play.give()
    play.call_model(reply=wants(("x", '{"at": 1}'), say="Let me see."))
    play.back(play.tool("x", {"at": 1, "é": "\x1b"}), "found")
    play.call_code(source=f"print({NASTY!r})\n")
    ask = AskRecipe(question=NASTY, answer_schema={"type": "boolean"}, to="user")
    play.begin(ask, digest(b"another"))
    play.call_model()
    play.log.save(folder / "run.jsonl")
    return play


def test_a_program_goes_to_a_pipe_as_it_is(cli: Cli) -> None:
    log = other_calls(cli.folder).log
    seq = next(entry.seq for entry in log if getattr(getattr(entry.event, "recipe", None), "call", "") == "code")
    done = raw(cli, "request", "run.jsonl", str(seq))
    assert done.stdout == f"print({NASTY!r})\n".encode()
    assert b"the python program, run in none, by a" in done.stderr
    whole = raw(cli, "request", "run.jsonl", str(seq), "--format", "json")
    assert json.loads(whole.stdout) == {"language": "python", "sandbox": "none", "source": f"print({NASTY!r})\n"}
    line = raw(cli, "request", "run.jsonl", str(seq), "--format", "curl")
    assert (line.returncode, line.stdout) == (2, b"")
    assert f"event {seq} is a code call, which is not sent over HTTP".encode() in line.stderr


def test_a_tool_and_a_question_are_shown_with_what_they_were_given(cli: Cli) -> None:
    log = other_calls(cli.folder).log
    recipes = {getattr(getattr(entry.event, "recipe", None), "call", ""): entry.seq for entry in log}
    shown = cli("request", "run.jsonl", str(recipes["tool"]))
    assert shown.out.splitlines()[:4] == ["look", "  {", '    "at": 1,', '    "é": "\\u001b"']
    asked = cli("request", "run.jsonl", str(recipes["ask"]))
    assert asked.out.startswith("to user\n  it's `$HOME`")
    assert "an answer must fit" in asked.out
    assert not {"\x1b", "\x9b", "\u202e"} & set(asked.out)
    assert asked.code == 1  # its digest was made up
    assert "DIGEST DIFFERS" in asked.err
    assert "recorded: sha256 " in asked.err
    data = raw(cli, "request", "run.jsonl", str(recipes["tool"]), "--format", "json").stdout
    assert json.loads(data) == ["look", {"at": 1, "é": "\x1b"}]


def test_a_request_that_is_not_what_was_sent_fails(cli: Cli) -> None:
    transcript = run(cli.folder, "Do it.")
    made = Transcript()
    for entry in transcript:
        event = entry.event
        if entry.seq == 3:
            event = event.model_copy(update={"body": Text.of("Do it not.")})
        made.append(entry._replace(event=event, prev=made.head))
    made.save(cli.folder / "run.jsonl")
    for form in ("text", "json", "curl"):
        said = cli("request", "run.jsonl", "5", "--format", form)
        assert said.code == 1
        assert "Do it not." in said.out
        assert "DIGEST DIFFERS" in said.err
        assert f"recorded: sha256 {started(transcript).digest}" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run.jsonl", "99"], "agentchat: run.jsonl: there is no event 99; the transcript has events 1 to 8\n"),
        (
            ["run.jsonl", "3"],
            "event 3 (said) is not word for word the result of a call. The model calls nearest to it: 5",
        ),
        (["run.jsonl"], "which call? Name its event"),
        (["run.jsonl", "5", "--format", "xml"], "'xml' is not one of 'text', 'json', 'curl'"),
        (["none.jsonl", "5"], "none.jsonl: cannot be read"),
    ],
)
def test_what_cannot_be_asked(cli: Cli, words: list[str], told: str) -> None:
    run(cli.folder, "Do it.")
    said = cli("request", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_in_a_terminal_what_would_harm_it_is_shown_otherwise(cli: Cli) -> None:
    run(cli.folder)
    for form in ("text", "json", "curl"):
        command = cli.command("request", "run.jsonl", "5", "--format", form)
        child = pexpect.spawn(command[0], command[1:], env=cli.env, cwd=str(cli.folder), encoding="utf-8", timeout=60)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        assert not {"\x9b", "\x7f", "\u202e"} & set(child.before)
        assert "⟨U+202E⟩" in child.before
        assert ("into a pipe or a file it goes as it is" in child.before) == (form != "text")


# as it is read


def read(play: Play, seq: int) -> str:
    return "\n\n".join(block.plain for block in request_text(request_of(play.log, seq)))


def test_tools_their_calls_and_results_are_all_there() -> None:
    play = Play(agreed=team(handy("a", typed=True))).start(Most(9))
    play.give()
    play.call_model(reply=wants(("x", '{"at": 1}'), say="Let me see."))
    play.back(play.tool("x", {"at": 1}), "found")
    last = play.call_model().seq - 1
    text = read(play, last)
    assert 'assistant\n  Let me see.\n  calls look({"at": 1}) as x' in text
    assert 'tool (tool_call_id "x")\n  found' in text
    assert 'tool look\n  Looks.\n  parameters: {"type": "object", "properties": {}}' in text
    assert "the answer must fit\n" in text
    assert text.endswith('settings\n  model: "m"')


def test_the_other_wire_reads_alike() -> None:
    play = Play(agreed=team(handy("a", "responses", typed=True))).start(Most(9))
    play.give()
    play.call_model(reply=wants(("x", '{"at": 1}'), say="Let me see."))
    play.back(play.tool("x", {"at": 1}), "found")
    text = read(play, play.call_model().seq - 1)
    assert 'function_call (call_id "x")\n  look({"at": 1})' in text
    assert 'function_call_output (call_id "x")\n  output: found' in text
    assert "tool look\n  Looks.\n" in text
    assert "the answer must fit\n" in text


def test_nothing_of_a_request_is_left_out() -> None:
    for wire in ("chat", "responses"):
        play = Play(agreed=team(typed("a", wire))).start(Most(9))
        play.give()
        seq = play.call_model().seq - 1
        body = json.loads(request_of(play.log, seq).body)
        text = read(play, seq)
        for value in leaves(body):
            assert value in text


def leaves(value: object) -> list[str]:
    """Every text and number of a JSON value; the words that only say what kind of thing it is, and none else."""
    if isinstance(value, dict):
        inner = [one for key, one in value.items() if not (key == "type" and one in ("message", "function"))]
        return [leaf for one in inner for leaf in leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves(one)]
    return [value] if isinstance(value, str) else [json.dumps(value)]


def altered(body: object) -> str:
    """The text of a request with this body."""
    play = Play().start(Most(9))
    play.give()
    asked = request_of(play.log, play.call_model().seq - 1)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return "\n".join(block.plain for block in request_text(asked._replace(body=data)))


def test_whatever_a_record_holds_is_shown() -> None:
    assert altered(b"no json \x1b") == "no json ␛"
    assert altered([1]) == "[1]"
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 500}}
    odd = {
        "messages": [
            3,
            {"role": "user", "content": [{"type": "text", "text": "Look:"}, picture, "loose"]},
            {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [{"id": 1}, 7]},
            {"role": "user", "content": {"odd": True}, "name": "ann"},
        ],
        "tools": [7, {"type": "function", "function": 8}],
        "stream": True,
    }
    text = altered(odd)
    assert "message\n  3" in text
    assert "user\n  Look:\n  {" in text
    assert "(522 characters)" in text
    assert '"loose"' in text
    assert 'assistant\n  reasoning_content: hm\n  calls {"id": 1}\n  calls 7' in text
    assert 'user (name "ann")\n  {"odd": true}' in text
    assert "tool\n  7" in text
    assert "stream: true" in text
