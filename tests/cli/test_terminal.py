"""The commands on a real pseudo-terminal: colours, streaming, Ctrl-C, narrow and dumb terminals."""

from __future__ import annotations

import re
import signal

import pexpect  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.cli.conftest import ANSWER, PIECES, Cli
from tests.servers.fake_openai import FakeServer, hang, stream, text_events

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def spawn(cli: Cli, *words: str, columns: int = 80, env: dict[str, str] | None = None) -> pexpect.spawn:
    program, *rest = cli.command(*words)
    return pexpect.spawn(
        program,
        rest,
        env={**cli.env, "TERM": "xterm-256color", **(env or {})},
        cwd=str(cli.folder),
        dimensions=(50, columns),
        encoding="utf-8",
        timeout=60,
        preexec_fn=_as_a_shell_does,
    )


def _as_a_shell_does() -> None:
    """A test run in the background ignores SIGINT, and what it starts inherits that; a terminal's programs do not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def output(child: pexpect.spawn) -> str:
    """All that it printed, as lines."""
    child.expect(pexpect.EOF)
    child.close()
    return str(child.before).replace("\r\n", "\n")


def test_the_demo_in_colour(cli: Cli) -> None:
    child = spawn(cli, "demo")
    text = output(child)
    assert child.exitstatus == 0
    assert "\x1b[1;36mcoder" in text
    plain = COLOUR.sub("", text)
    assert "\x1b" not in plain  # nothing but colours: no cursor is moved, nothing is drawn again
    assert plain.count("I collect primes") == 1
    assert "IndexError" in plain
    assert "\n29\n" in plain


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_where_none_are_wanted(cli: Cli, env: dict[str, str]) -> None:
    text = output(spawn(cli, "demo", env=env))
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)
    assert "IndexError" in text
    if "TERM" in env:
        assert "\x1b" not in text


def test_a_narrow_terminal_breaks_between_words(cli: Cli) -> None:
    text = COLOUR.sub("", output(spawn(cli, "demo", columns=50)))
    assert "I collect primes until there are ten of them, then\nprint the last.\n" in text
    assert "    if all(number % prime for prime in primes):\n" in text
    with FakeServer([stream(*ANSWER)]) as server:
        assert output(spawn(cli, "run", "x", "-m", f"x@{server.base_url}", columns=12))


def test_the_answer_is_on_the_screen_once(cli: Cli) -> None:
    with FakeServer([stream(*PIECES), stream(*ANSWER)]) as server:
        text = COLOUR.sub("", output(spawn(cli, "run", "what?", "-m", f"x@{server.base_url}")))
    assert text.count("The answer is 42. DONE") == 1
    assert text.count("Let me compute") == 1


def test_text_is_seen_as_it_arrives_and_ctrl_c_keeps_it(cli: Cli) -> None:
    with FakeServer([hang(text_events(["I am think", "ing about ", "it"])[:3])]) as server:
        child = spawn(cli, "run", "x", "-m", f"x@{server.base_url}", "--id", "k")
        child.expect("thinking about")
        child.sendintr()
        text = output(child)
    assert child.exitstatus == 130
    assert "Traceback" not in text
    assert "agentchat resume k" in text
    assert "what had arrived of the answer:\nI am thinking about" in cli("show", "k").out


def test_a_demo_that_is_interrupted_goes_on(cli: Cli) -> None:
    child = spawn(cli, "demo", "--save", "demo.jsonl")
    child.expect("IndexError")
    child.sendintr()
    assert "interrupted: stopped by user" in COLOUR.sub("", output(child))
    assert child.exitstatus == 130
    said = cli("resume", "demo.jsonl")
    assert (said.code, "29. DONE" in said.out) == (0, True)


def test_ctrl_c_before_anything_happened(cli: Cli) -> None:
    child = spawn(cli, "run", "-", "-m", "x@http://127.0.0.1:9/v1")
    child.expect("type the task, and end it with Ctrl-D")
    child.sendintr()
    assert "Traceback" not in output(child)
    assert child.exitstatus == 130
    assert not cli.store.exists()


def test_a_task_may_be_typed(cli: Cli) -> None:
    with FakeServer([stream(*ANSWER)]) as server:
        child = spawn(cli, "run", "-", "-m", f"x@{server.base_url}")
        child.expect("end it with Ctrl-D")
        child.sendline("what is 6*7?")
        child.sendeof()
        assert "The answer is 42. DONE" in output(child)
    assert child.exitstatus == 0
