"""`agentchat run` against a server on loopback, and the ways a user can get it wrong."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from agentchat import Transcript
from agentchat.transcript.messages import Text
from tests.cli.conftest import PIECES, Cli
from tests.servers.fake_openai import FakeServer, error, stream

ANSWER = "The answer is 42. DONE\n"


def only_file(cli: Cli) -> Transcript:
    return Transcript.load(cli.folder / "run.jsonl")


def task_of(cli: Cli) -> str:
    body = only_file(cli).messages()[0].body
    assert isinstance(body, Text)
    return body.text


def test_stdout_is_the_answer_and_nothing_else(cli: Cli, model: str) -> None:
    said = cli("run", "what is 6*7?", "--model", model, "--id", "mine")
    assert (said.code, said.out) == (0, ANSWER)
    assert "coder\nLet me compute.\n\n```python\nprint(6*7)\n```\n\nrunner\npython finished" in said.err
    assert "agentchat show mine" in said.err
    assert "\x1b" not in said.err
    shown = cli("show", "mine")
    assert (shown.code, shown.err) == (0, "")
    assert "what is 6*7?" in shown.out


def test_jsonl_is_a_transcript(cli: Cli, model: str) -> None:
    said = cli("run", "what is 6*7?", "--model", model, "--jsonl", "--save", "run.jsonl")
    assert said.code == 0
    assert said.out.encode() == (cli.folder / "run.jsonl").read_bytes()
    assert cli("replay", "--check", "run.jsonl").code == 0
    assert not cli.store.exists()


def test_a_large_payload_comes_before_its_line(cli: Cli) -> None:
    with FakeServer([stream("x" * 100_000 + " DONE")]) as server:
        said = cli("run", "much", "--model", f"x@{server.base_url}", "--jsonl")
    assert said.code == 0
    assert len(Transcript.loads(said.out.encode()).messages()[-1].text) == 100_005


def test_what_is_piped_in_stands_behind_the_task(cli: Cli, model: str) -> None:
    assert cli("run", "review this", "-m", model, "--save", "run.jsonl", stdin=b"line\nmore").code == 0
    assert task_of(cli) == "review this\n\n<stdin>\nline\nmore\n</stdin>"


def test_a_dash_takes_the_task_from_standard_input(cli: Cli, model: str) -> None:
    assert cli("run", "-", "-m", model, "--save", "run.jsonl", stdin="tue wäs\n".encode()).code == 0
    assert task_of(cli) == "tue wäs\n"


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        (["run", " "], b"", "the task is empty"),
        (["run", "-"], b" \n", "the task is empty: nothing came in on standard input"),
        (["run", "x"], b"\xff\xfe", "standard input is no UTF-8 text"),
        (["run", "x", "--id", "a/b"], b"", "'a/b' is no conversation id"),
        (["run", "x", "--save", "a.jsonl", "--store", "b.db"], b"", "give one of them"),
        (["run", "x", "--save", "taken.txt"], b"", "taken.txt exists already"),
        (["run", "x", "--save", "."], b"", "exists already"),
        (["run", "x", "--model", "m@http://user:secret@h/v1"], b"", "agentchat: --model: a base URL holds no user"),
        (["run", "x", "--model", "m@127.0.0.1:1/v1"], b"", "agentchat: --model: 'm@127.0.0.1:1/v1': what follows"),
        (["run", "x", "--model", ""], b"", "agentchat: --model: a model needs a name"),
    ],
)
def test_a_wrong_run_is_one_message_and_code_2(cli: Cli, model: str, words: list[str], stdin: bytes, told: str) -> None:
    (cli.folder / "taken.txt").write_text("mine")
    given = [] if "--model" in words else ["--model", model]
    said = cli(*words, *given, stdin=stdin)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("agentchat: ")
    assert told in said.err
    assert "secret" not in said.err
    assert (cli.folder / "taken.txt").read_text() == "mine"


def test_input_that_is_no_text_and_ids_that_name_nothing_are_refused(cli: Cli, model: str) -> None:
    for words, stdin, told in (
        (["-"], b"a\0b", "standard input is no text (byte 1 is NUL)"),
        (["a\udcffb"], b"", "the task is no UTF-8 text (character 2)"),
        (["x", "--id", ""], b"", "'' is no conversation id"),
        (["x", "--id", "a.jsonl"], b"", "would be taken for a file by every other command"),
    ):
        said = cli("run", *words, "-m", model, stdin=stdin)
        assert (said.code, said.out) == (2, "")
        assert told in said.err
    assert not cli.store.exists()


@pytest.mark.parametrize("away", ["2> >(exec true)", "2> /dev/full"])
def test_a_stderr_that_takes_nothing_stops_no_run(cli: Cli, model: str, away: str) -> None:
    said = cli("run", "x", "-m", model, prefix=["bash", "-c", f'sleep 0.2; exec "$@" {away}', "bash"])
    assert (said.code, said.out) == (0, "The answer is 42. DONE\n")


def test_a_run_whose_reader_leaves_says_how_to_go_on(cli: Cli, model: str) -> None:
    script = 'set -o pipefail; "$@" --jsonl | head -c 1 > /dev/null'
    said = cli("run", "x", "-m", model, "--id", "a", prefix=["bash", "-c", script, "bash"])
    assert said.code == 1
    assert "nobody reads standard output any more" in said.err
    assert said.err.endswith("Go on: agentchat resume a\n")
    assert cli("replay", "--check", "a").code == 0


def test_an_id_that_is_taken_is_refused(cli: Cli, model: str) -> None:
    assert cli("run", "x", "-m", model, "--id", "a").code == 0
    said = cli("run", "x", "-m", model, "--id", "a")
    assert said.code == 2
    assert "there is a conversation 'a' already" in said.err


def test_without_a_model_it_says_in_six_lines_what_to_do(cli: Cli) -> None:
    said = cli("run", "x")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 6
    assert "OPENAI_API_KEY" in said.err
    assert "agentchat models pull" in said.err
    assert "AGENTCHAT_MODEL" in said.err
    assert not cli.store.parent.exists()


def test_a_model_without_its_key_is_refused_before_anything_is_written(cli: Cli) -> None:
    said = cli("run", "x", "--model", "gpt-4.1-mini")
    assert (said.code, said.out) == (2, "")
    assert "no key for api.openai.com" in said.err
    assert "agentchat models pull" in said.err
    assert not cli.store.parent.exists()


def test_the_model_may_come_from_the_environment(cli: Cli, model: str) -> None:
    assert cli("run", "x", env={"AGENTCHAT_MODEL": model}).code == 0
    assert cli("run", "x", "--model", "fast", env={"AGENTCHAT_FAST": model}).code == 0


def test_a_key_is_enough_where_it_is_the_services_own(cli: Cli) -> None:
    env = {"OPENAI_API_KEY": "sk-not-a-real-key", "AGENTCHAT_FORBID_REAL_MODELS": "1"}
    said = cli("run", "x", env=env)
    assert said.code == 1
    assert "a call to https://api.openai.com/v1 was stopped" in said.err
    assert "sk-not" not in said.err + cli("show", "2").out


def test_an_unreachable_server_fails_by_name_and_keeps_the_task(cli: Cli) -> None:
    said = cli("run", "x", "--model", "x@http://127.0.0.1:9/v1", "--id", "a")
    assert (said.code, said.out) == (1, "")
    assert "the model call failed (attempt 4): " in said.err
    assert "127.0.0.1:9" in said.err
    assert "failed: the turn of coder failed: ModelUnreachable" in said.err
    assert "agentchat resume a" in said.err


def test_a_limit_is_code_3(cli: Cli) -> None:
    with FakeServer([stream("never")]) as server:
        said = cli("run", "x", "--model", f"x@{server.base_url}", "--max-turns", "3")
    assert said.code == 3
    assert "limit: MaxTurns(turns=3) came true" in said.err


def test_markup_in_what_comes_back_stays_text(cli: Cli) -> None:
    with FakeServer([error(401, "bad [bold]key[/bold] \x1b[2J")]) as server:
        said = cli("run", "[/red] :smile: [link=x]", "--model", f"x@{server.base_url}")
    assert said.code == 1
    assert "[/red] :smile: [link=x]" in said.err
    assert "bad [bold]key[/bold]" in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_output_that_cannot_show_it_all_ends_nothing(cli: Cli, encoding: str) -> None:
    with FakeServer([stream("日本 é → DONE")]) as server:
        said = cli("run", "日本", "--model", f"x@{server.base_url}", env={"PYTHONIOENCODING": encoding})
    assert said.code == 0
    assert said.out.startswith("??")


def test_a_store_that_is_no_database_is_left_as_it_is(cli: Cli, model: str) -> None:
    path = cli.folder / "notes.db"
    path.write_text("my notes\n" * 100)
    for words in (["run", "x", "-m", model, "--store", str(path)], ["show", "x", "--store", str(path)]):
        said = cli(*words)
        assert (said.code, said.out) == (2, "")
        assert "is no SQLite database" in said.err
    assert path.read_text() == "my notes\n" * 100


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_a_store_that_is_read_only(cli: Cli, model: str) -> None:
    folder = cli.folder / "closed"
    folder.mkdir()
    assert cli("run", "x", "-m", model, "--id", "a", "--store", str(folder / "s.db")).code == 0
    (folder / "s.db").chmod(0o400)
    folder.chmod(0o500)
    # A root that may not override permissions is as good as a user.
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        prefix = []
    said = cli("run", "x", "-m", model, "--store", str(folder / "s.db"), prefix=prefix)
    assert (said.code, said.out) == (2, "")
    assert "writable for this user" in said.err
    assert cli("show", "a", "--store", str(folder / "s.db"), prefix=prefix).code == 0
    said = cli("doctor", env={"AGENTCHAT_STORE": str(folder / "s.db")}, prefix=prefix)
    assert said.code == 1
    assert "not writable; set AGENTCHAT_STORE" in said.out
    folder.chmod(0o700)


def test_a_program_that_prints_what_it_was_told(cli: Cli) -> None:
    with FakeServer([stream(*PIECES), stream("42 \x1b[2J DONE")]) as server:
        said = cli("run", "x", "--model", f"x@{server.base_url}")
    assert said.out == "42 \x1b[2J DONE\n"  # to a pipe goes what was said
    assert "42 ␛[2J DONE" in said.err


def test_no_sandbox_is_a_refusal_with_the_line_that_installs_one(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text("import sys\nsys.modules['pydantic_monty'] = None\n")
    env = {"PATH": str(tmp_path / "bare"), "PYTHONPATH": f"{tmp_path / 'hide'}:{cli.env['PYTHONPATH']}"}
    said = cli("demo", env=env)
    assert (said.code, said.out) == (1, "")
    assert "apt-get install bubblewrap" in said.err
    assert "pip install" in said.err
    said = cli("doctor", env=env)
    assert said.code == 1
    assert "The demo cannot run" in said.out


def test_streams_that_are_closed_lead_nowhere(cli: Cli, model: str) -> None:
    said = cli("run", "x", "-m", model, "--save", "a.jsonl", prefix=["sh", "-c", 'exec "$@" <&-', "sh"])
    assert (said.code, said.out) == (0, "The answer is 42. DONE\n")
    silent = cli("run", "x", "-m", model, "--save", "b.jsonl", prefix=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    assert silent.code == 0
    assert cli("replay", "--check", "b.jsonl").code == 0


@pytest.mark.parametrize("words", [["--version"], ["demo"]])
def test_an_output_that_takes_nothing_more_is_told(cli: Cli, words: list[str]) -> None:
    said = cli(*words, prefix=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
    assert said.code == 1
    assert said.err.startswith("agentchat: standard output cannot be written (no space left on device)")
