"""`agentchat ls`: what is listed, on a terminal of any width, in a pipe, and as JSON."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.kept import fill, held
from tests.cli.test_terminal import COLOUR, output, spawn


@pytest.fixture
def kept(cli: Cli) -> Cli:
    cli.store.parent.mkdir()
    fill(cli.store, time.time())
    return cli


def screen(cli: Cli, *words: str, columns: int = 80) -> list[str]:
    return COLOUR.sub("", output(spawn(cli, *words, columns=columns))).splitlines()


def test_a_list_on_a_terminal(kept: Cli) -> None:
    assert screen(kept, "ls") == [
        "poem  Write a poem about ships",
        "  2 d ago · done · ann, bob · 2 turns · $0.006",
        "  poem.short  make it shorter",
        "    1 d ago · done · from event 7 · 1 turn · $0.003",
        "hostile  Clear ␛[2J the screen ␛]52;c;aGk= [bold]now[/bold] ⟨U+202E⟩evil",
        "  40 d ago · done · ann, bob · 2 turns · cost unknown",
        "bad  was be damaged",
        "  50 d ago",
        "  damaged: line 4: event 4 does not continue the line before it; one was changed",
    ]


def test_a_narrow_terminal(kept: Cli) -> None:
    lines = screen(kept, "ls", columns=24)
    assert lines[:5] == [
        "poem  Write a poem abou…",
        "  2 d ago · done",
        "  ann, bob · 2 turns",
        "  $0.006",
        "  poem.short  make it s…",
    ]
    assert max(map(len, lines)) <= 24
    assert " ".join(lines).replace("   ", " ").endswith("continue the line before it; one was changed")


def test_in_a_pipe_each_is_one_line_with_tabs(kept: Cli) -> None:
    said = kept("ls")
    assert (said.code, said.err) == (0, "")
    rows = [line.split("\t") for line in said.out.splitlines()]
    assert [len(row) for row in rows] == [9] * 4
    assert [row[0] for row in rows] == ["poem", "poem.short", "hostile", "bad"]
    assert rows[1][2:] == ["done", "ann,bob", "1", "8", "$0.003", "from event 7 of poem", "make it shorter"]
    assert rows[3][2:4] == ["damaged", "-"]
    assert "\x1b" not in said.out


def test_as_json(kept: Cli) -> None:
    rows = [json.loads(line) for line in kept("ls", "--json").out.splitlines()]
    poem, short, hostile, bad = rows
    assert (poem["id"], poem["words"], poem["agents"]) == ("poem", "Write a poem about ships", ["ann", "bob"])
    assert poem["usd"] == {"known": 0.006, "complete": True}
    assert (poem["turns"], poem["calls"], poem["state"], poem["origin"]) == (2, 2, "done", None)
    assert short["origin"] == {"kind": "branch", "conversation": "poem", "seq": 7}
    assert hostile["usd"] == {"known": 0.0, "complete": False}
    assert "does not continue the line before it" in bad["damage"]
    assert time.time() - time.mktime(time.strptime(bad["at"], "%Y-%m-%dT%H:%M:%SZ")) > 40 * 86400
    assert "\x1b" not in "".join(screen(kept, "ls", "--json"))


def test_how_many_and_which(kept: Cli) -> None:
    assert [line.split("\t")[0] for line in kept("ls", "-n", "1").out.splitlines()] == ["poem"]
    assert "1 of 4 conversations; all of them: agentchat ls --all" in screen(kept, "ls", "-n", "1")
    assert len(kept("ls", "-n", "1", "--all").out.splitlines()) == 4
    assert [line.split("\t")[0] for line in kept("ls", "SHORTER").out.splitlines()] == ["poem.short"]
    said = kept("ls", "nowhere \x1b[2J")
    assert (said.code, said.out) == (0, "")
    assert "agentchat grep looks further" in said.err
    assert "\x1b" not in said.err


def test_the_conversation_in_a_file(cli: Cli) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    (row,) = cli("ls", "--store", "demo.jsonl").out.splitlines()
    assert row.split("\t")[3:5] == ["coder,runner", "5"]


def test_no_store_yet_and_what_is_none(cli: Cli, tmp_path: Path) -> None:
    said = cli("ls")
    assert (said.code, said.out) == (0, "")
    assert "there is no conversation in" in said.err
    assert not cli.store.exists()
    (tmp_path / "diary.txt").write_text("Dear diary,\n" * 100)
    for path in ("diary.txt", str(tmp_path)):
        said = cli("ls", "--store", path)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("agentchat: ")
    assert cli("ls", "-n", "0").code == 2


def test_one_that_a_process_is_at(kept: Cli) -> None:
    with held(kept.store, "poem"):
        states = {row["id"]: row["state"] for row in map(json.loads, kept("ls", "--json").out.splitlines())}
    assert states == {"poem": "running", "poem.short": "done", "hostile": "done", "bad": "damaged"}


def test_of_an_empty_store_it_says_how_to_begin_one_there(cli: Cli) -> None:
    said = cli("ls", "--store", "team.db")
    assert (said.code, said.out) == (0, "")
    assert said.err.endswith("begin one with agentchat run --store team.db or agentchat chat --store team.db\n")
    assert cli("ls").err.endswith("begin one with agentchat run or agentchat chat\n")
