"""`agentchat grep`: lines with a match, what they are printed as, and what to type next."""

from __future__ import annotations

import json
import time

import pytest

from tests.cli.conftest import Cli
from tests.cli.kept import fill
from tests.cli.test_ls import screen


@pytest.fixture
def kept(cli: Cli) -> Cli:
    cli.store.parent.mkdir()
    fill(cli.store, time.time())
    return cli


def test_in_a_pipe_as_grep_prints(kept: Cli) -> None:
    said = kept("grep", "ships")
    assert said.code == 0
    assert said.out.splitlines() == [
        "poem:3:user:said: Write a poem about ships",
        "poem:7:ann:said: ships are blue",
    ]
    assert said.err == ""


def test_on_a_terminal_with_what_to_type_next(kept: Cli) -> None:
    assert screen(kept, "grep", "ships") == [
        "poem  Write a poem about ships",
        "     3  user: Write a poem about ships",
        "     7  ann: ships are blue",
        "2 lines in 1 conversation. To look further:",
        "  agentchat show poem",
        "  agentchat replay poem --until 3",
    ]


def test_what_it_says_to_type_works_with_another_store_and_a_file(kept: Cli) -> None:
    here = str(kept.store)
    said = kept("grep", "ships", "--store", here)
    assert said.out.startswith("poem:3:")
    lines = screen(kept, "grep", "ships", "--store", here, columns=300)
    assert f"  agentchat show poem --store {here}" in lines
    assert kept("show", "poem", "--store", here).code == 0
    assert kept("export", "poem", "--format", "jsonl", "-o", "a file.jsonl").code == 0
    said = kept("grep", "ships", "a file.jsonl")
    assert said.out.splitlines()[0] == "a file.jsonl:3:user:said: Write a poem about ships"
    assert "  agentchat show 'a file.jsonl'" in screen(kept, "grep", "ships", "a file.jsonl")


def test_the_line_around_a_match_and_nothing_of_an_escape(kept: Cli) -> None:
    lines = screen(kept, "grep", "evil", columns=40)
    assert lines[1] == "     3  user: …U+202E⟩evil"
    assert "\x1b" not in "".join(lines)
    said = kept("grep", "Clear", "hostile")
    assert (
        said.out.splitlines()[0]
        == "hostile:3:user:said: Clear ␛[2J the screen ␛]52;c;aGk= [bold]now[/bold] ⟨U+202E⟩evil"
    )
    assert max(len(line) for line in screen(kept, "grep", "e", columns=40)) <= 40


def test_what_is_looked_for(kept: Cli) -> None:
    assert kept("grep", "SHIPS").code == 1
    assert len(kept("grep", "SHIPS", "-i").out.splitlines()) == 2
    assert kept("grep", "^ships", "--regex").out == "poem:7:ann:said: ships are blue\n"
    assert kept("grep", "ships", "--agent", "ann").out == "poem:7:ann:said: ships are blue\n"
    assert kept("grep", "gardener", "-i").out == ""
    said = kept("grep", "gardener", "-i", "--kind", "persona,said")
    assert {line.split(":")[3] for line in said.out.splitlines()} == {"persona"}
    assert kept("grep", "ships", "poem", "poem.short").out.count("poem.short:") == 2, "named, a branch is read whole"


def test_as_json(kept: Cli) -> None:
    (user, ann) = [json.loads(line) for line in kept("grep", "ships", "--json").out.splitlines()]
    assert ann == {
        "conversation": "poem",
        "source": "poem",
        "seq": 7,
        "kind": "said",
        "who": "ann",
        "line": "ships are blue",
        "start": 0,
        "end": 5,
    }
    assert user["who"] == "user"


def test_nothing_found(kept: Cli) -> None:
    said = kept("grep", "nothing of the kind")
    assert (said.code, said.out, said.err) == (1, "", "")
    (line,) = screen(kept, "grep", "nothing of the kind", columns=200)
    assert "--kind" in line


def test_one_that_cannot_be_read_is_told(kept: Cli) -> None:
    said = kept("grep", "damaged")
    assert (said.code, said.out) == (2, ""), "it may be there"
    assert said.err.startswith("agentchat: bad: could not be searched: line 4: ")
    said = kept("grep", "e")
    assert said.code == 0
    assert "bad: could not be searched" in said.err
    (kept.folder / "broken.jsonl").write_text("{}\n")
    said = kept("grep", "ships", "broken.jsonl", "poem")
    assert (said.code, len(said.out.splitlines())) == (0, 2)
    assert said.err.startswith("agentchat: broken.jsonl: could not be searched: line 1: ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ships", "--kind", "sad"], "there is no kind of text 'sad'; did you mean 'said'?"),
        (["ships", "--kind", "xyz"], "there are: said, code, result"),
        (["(", "--regex"], "'(' is no regular expression: missing )"),
        ([""], "nothing to look for"),
        (["ships", "nobody"], "there is no conversation 'nobody'"),
        (["ships", "none.jsonl"], "none.jsonl: could not be searched: cannot be read"),
    ],
)
def test_what_makes_no_sense(kept: Cli, words: list[str], told: str) -> None:
    said = kept("grep", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert len(said.err.splitlines()) == 1
