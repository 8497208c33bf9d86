"""`agentchat replay`: played as it looked live, or gone through with keys; the terminal is always put back."""

from __future__ import annotations

import os
import re
import signal
import termios
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.cli.conftest import Cli
from tests.cli.test_terminal import COLOUR, output, spawn

STATUS = re.compile(r"event \d+ of \d+[^\n]*?\? help")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("recorded")
    assert Cli(folder)("demo", "--save", "demo.jsonl").code == 0
    return (folder / "demo.jsonl").read_bytes()


@pytest.fixture
def demo(cli: Cli, recorded: bytes) -> Path:
    path = cli.folder / "demo.jsonl"
    path.write_bytes(recorded)
    return path


def mode(child: pexpect.spawn) -> list[object]:
    """How the terminal treats what is typed."""
    return termios.tcgetattr(child.child_fd)[:4]


def stepping(cli: Cli, *words: str, env: dict[str, str] | None = None) -> pexpect.spawn:
    child = spawn(cli, "replay", "demo.jsonl", "--step", *words, env=env)
    child.expect(r"event 3 of 24")
    child.expect("help")
    return child


def pressed(child: pexpect.spawn, key: str, then: str) -> str:
    """Press a key and wait for the last line that follows; what was printed meanwhile."""
    child.send(key)
    child.expect(then)
    shown = str(child.before)
    child.expect("help")
    return COLOUR.sub("", shown).replace("\r\n", "\n").replace("\r\x1b[K", "")


# at once


def test_without_a_terminal_it_is_what_the_run_printed(cli: Cli) -> None:
    live = cli("demo", "--save", "demo.jsonl").out
    said = cli("replay", "demo.jsonl")
    assert (said.code, said.err) == (0, "")
    talk, _, rest = said.out.partition("3 model calls")
    assert talk == live.partition("3 model calls")[0]
    assert rest == ", 2 programs run, tokens not reported.\n"
    assert cli("replay", "demo.jsonl", "--step") == said


def test_nothing_is_run_and_nothing_written(cli: Cli, demo: Path) -> None:
    """Not even the sandbox is needed, nor a place for a store."""
    before = demo.read_bytes()
    lonely = {"PATH": "/nowhere", "AGENTCHAT_STORE": "/nowhere/x.db", "OPENAI_API_KEY": ""}
    said = cli("replay", "demo.jsonl", env=lonely)
    assert (said.code, "29. DONE" in said.out) == (0, True)
    assert demo.read_bytes() == before


def test_a_part_of_it(cli: Cli, demo: Path) -> None:
    said = cli("replay", "demo.jsonl", "--until", "11", "--only", "runner")
    assert said.code == 0
    assert said.out.startswith("runner\npython failed with exit code 1")
    assert "model calls" not in said.out
    assert "primes = []" not in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--until", "99"), "agentchat: demo.jsonl: there is no event 99; the transcript has events 1 to 24"),
        (("--until", "0"), "agentchat: demo.jsonl: there is no event 0"),
        (("--only", "codr"), "agentchat: there is nobody called 'codr' in this conversation; did you mean 'coder'?"),
        (("--speed", "-1"), "--speed"),
        (("--speed", "nan"), "--speed"),
        (("--speed", "fast"), "--speed"),
        (("--check", "--step"), "--check"),
    ],
)
def test_what_makes_no_sense_is_one_error(cli: Cli, demo: Path, words: tuple[str, ...], told: str) -> None:
    said = cli("replay", "demo.jsonl", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_a_part_of_a_damaged_file_is_not_played(cli: Cli, demo: Path) -> None:
    demo.write_bytes(demo.read_bytes().replace(b"turn_given", b"turn_taken", 3))
    said = cli("replay", "demo.jsonl")
    assert (said.code, said.out) == (2, "")
    assert "demo.jsonl: line " in said.err


# on a terminal


def test_it_plays_on_a_terminal_and_ends(cli: Cli, demo: Path) -> None:
    child = spawn(cli, "replay", "demo.jsonl", "--speed", "50")
    text = COLOUR.sub("", output(child))
    assert child.exitstatus == 0
    assert "\x1b" not in text  # nothing but colours: nothing is drawn again
    assert text.count("I collect primes") == text.count("29. DONE") == 1
    assert text.endswith("3 model calls, 2 programs run, tokens not reported.\n")


def test_q_ends_it_and_space_holds_it(cli: Cli, demo: Path) -> None:
    child = spawn(cli, "replay", "demo.jsonl", "--speed", "0.02")
    before = mode(child)
    child.expect("I collect")
    assert mode(child) != before
    child.send(" q")
    assert "29. DONE" not in output_and_mode(child, before)
    assert child.exitstatus == 0


def output_and_mode(child: pexpect.spawn, before: list[object]) -> str:
    """All that is still printed; the terminal must be as it was."""
    child.expect(pexpect.EOF)
    assert mode(child) == before
    shown = str(child.before)
    child.close()
    return COLOUR.sub("", shown).replace("\r\n", "\n")


@pytest.mark.parametrize("step", [True, False])
def test_ctrl_c_leaves_the_terminal_as_it_was(cli: Cli, demo: Path, step: bool) -> None:
    child = spawn(cli, "replay", "demo.jsonl", *(["--step"] if step else ["--speed", "0.02"]))
    before = mode(child)
    child.expect("help" if step else "I collect")
    child.sendintr()
    text = output_and_mode(child, before)
    assert child.exitstatus == 130
    assert "Traceback" not in text
    assert "Aborted" not in text


def test_a_signal_that_ends_it_leaves_the_terminal_as_it_was(cli: Cli, demo: Path) -> None:
    child = spawn(cli, "replay", "demo.jsonl", "--step")
    before = mode(child)
    child.expect("help")
    assert mode(child) != before
    os.kill(child.pid, signal.SIGTERM)
    assert "Traceback" not in output_and_mode(child, before)
    assert child.exitstatus == 128 + signal.SIGTERM


def test_a_terminal_that_is_closed_ends_it(cli: Cli, demo: Path) -> None:
    child = stepping(cli)
    os.close(child.child_fd)
    child.closed = True
    assert os.waitpid(child.pid, 0)[0] == child.pid


# step by step


def test_keys_go_forward_and_back(cli: Cli, demo: Path) -> None:
    child = stepping(cli)
    assert "I collect primes" in pressed(child, " ", "event 7 of 24")
    assert "IndexError" in pressed(child, "\x1b[C", "event 11 of 24")
    back = pressed(child, "b", "event 7 of 24")
    assert "── back to event 7 ──" in back
    assert "I collect primes" in back
    assert "IndexError" in pressed(child, "\r", "event 11 of 24")
    assert "── back to event 3 ──" in pressed(child, "g", "event 3 of 24")
    assert "done: Mentions" in pressed(child, "G", "event 24 of 24")
    assert "primes[9]" in pressed(child, "15\r", "event 15 of 24")
    assert "there is no event 99; there are events 1 to 24" in pressed(child, "99\n", "event 15 of 24")
    assert "beginning" in pressed(child, "?", "event 15 of 24")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_nothing_is_before_the_first_step_and_behind_the_last(cli: Cli, demo: Path) -> None:
    child = stepping(cli, "--until", "7")
    pressed(child, "b", "event 3 of 24")
    pressed(child, " ", r"event 7 of 24 \(the last\)")
    assert "coder" not in pressed(child, "  ", "event 7 of 24")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_what_was_printed_stays_and_only_the_last_line_is_written_over(cli: Cli, demo: Path) -> None:
    child = stepping(cli)
    shown = "".join(pressed(child, " ", f"event {seq} of 24") for seq in (7, 11, 15))
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert "\x1b" not in shown
    assert not STATUS.search(str(child.before))


def test_a_dumb_terminal_gets_no_escapes(cli: Cli, demo: Path) -> None:
    child = stepping(cli, env={"TERM": "dumb"})
    child.send(" ")
    child.expect("event 7 of 24")
    shown = str(child.before)
    child.send("q")
    child.expect(pexpect.EOF)
    assert "\x1b" not in shown + str(child.before)
    assert "I collect primes" in shown


def test_ctrl_z_gives_the_shell_its_terminal_and_fg_goes_on(cli: Cli, demo: Path) -> None:
    words = " ".join(cli.command("replay", "demo.jsonl", "--step"))
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"],
        env={**cli.env, "TERM": "xterm", "PS1": "shell> "}, cwd=str(cli.folder), encoding="utf-8", timeout=60,
    )  # fmt: skip
    shell.expect("shell> ")
    shell.sendline(words)
    shell.expect("event 3 of 24")
    shell.expect("help")
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.expect("shell> ")
    shell.sendline("stty -a")
    shell.expect(r"[^-]icanon")
    shell.expect(r"[^-]echo ")
    shell.expect("shell> ")
    shell.sendline("fg")
    shell.expect("event 3 of 24")
    shell.send(" ")
    shell.expect("event 7 of 24")
    shell.send("q")
    shell.expect("shell> ")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
