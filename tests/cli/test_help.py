"""What help costs: which modules it may load, and that it says what there is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agentchat import __version__
from tests.cli.conftest import Cli

HEAVY = {"openai", "genai_prices", "prompt_toolkit", "jinja2", "mcp", "nats"}
NOT_FOR_HELP = HEAVY | {"anyio", "pydantic", "rich", "yaml", "markdown_it", "sqlite3", "asyncio"}
LOADED = "\nimport sys\nprint('LOADED', *{name.split('.')[0] for name in sys.modules})"


def loaded(program: str, cli: Cli) -> set[str]:
    out = subprocess.run(
        [sys.executable, "-c", program + LOADED], capture_output=True, env=cli.env, check=True, timeout=60
    ).stdout.decode()
    return set(out.rpartition("LOADED")[2].split())


def test_the_face_loads_nothing_heavy(cli: Cli) -> None:
    program = "from agentchat import Assistant, Conversation, MaxTurns"
    assert loaded(program, cli) & (HEAVY | {"markdown_it", "platformdirs", "rich"}) == set()


def test_help_loads_next_to_nothing(cli: Cli) -> None:
    program = (
        "import sys\nsys.argv = ['agentchat', '--help']\nfrom agentchat.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert loaded(program, cli) & NOT_FOR_HELP == set()


def test_help_and_version(cli: Cli) -> None:
    said = cli("--help")
    assert said.code == 0
    for name in ("demo", "run", "show", "replay", "resume", "doctor"):
        assert f"\n  {name} " in said.out
        assert cli(name, "--help").code == 0
    assert cli("--version") == (0, f"agentchat {__version__}\n", "")


def test_the_list_of_commands_is_whole_sentences(cli: Cli) -> None:
    commands = [line for line in cli("--help").out.partition("Commands:\n")[2].splitlines() if line.strip()]
    assert len(commands) == 20
    assert [line for line in commands if not line.endswith(".") or line.endswith("...")] == []


def test_a_word_that_may_be_left_out_stands_in_one_pair_of_brackets(cli: Cli) -> None:
    assert "Usage: agentchat models [OPTIONS] [pull]\n" in cli("models", "--help").out
    assert "Usage: agentchat personas [OPTIONS] [NAME|FILE]\n" in cli("personas", "--help").out
    assert "Usage: agentchat answer [OPTIONS] {FILE|ID} [PAUSE] [VALUE]\n" in cli("answer", "--help").out


@pytest.mark.parametrize("words", [["nonsense"], ["run"], ["run", "x", "--max-turns", "0"], ["show", "--nope", "x"]])
def test_wrong_usage_is_code_2(cli: Cli, words: list[str]) -> None:
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    assert "Usage:" in said.err
