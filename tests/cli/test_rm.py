"""`agentchat rm`: asked first, nothing that is needed, nothing that was not shown."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import anyio
import pytest

from agentchat.stores.sqlite import SqliteStore
from tests.catalogue.teams import chat
from tests.cli.conftest import Cli
from tests.cli.kept import fill, held
from tests.cli.test_terminal import COLOUR, output, spawn


@pytest.fixture
def kept(cli: Cli) -> Cli:
    cli.store.parent.mkdir()
    fill(cli.store, time.time())
    return cli


ALL = ["bad", "hostile", "poem", "poem.short"]


def left(cli: Cli) -> list[str]:
    with closing(sqlite3.connect(cli.store)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM conversations ORDER BY name")]


def test_without_a_terminal_it_takes_a_yes(kept: Cli) -> None:
    said = kept("rm", "hostile", stdin=b"y\n")
    assert said.code == 2
    assert said.err == (
        "agentchat: nothing was removed: nobody is there to be asked; say --yes to remove without a word\n"
    )
    assert left(kept) == ALL
    said = kept("rm", "hostile", "bad", "--yes")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "Removed 2 conversations."
    assert "\x1b" not in said.out
    assert left(kept) == ["poem", "poem.short"]
    assert kept("show", "hostile").code == 2


ANSWERS = {"y\n": True, "yes\n": True, "\n": False, "n\n": False, "yep\n": False, "\x04": False}


@pytest.mark.parametrize("typed", ANSWERS)
def test_on_a_terminal_it_asks_and_no_is_the_default(kept: Cli, typed: str) -> None:
    gone = ANSWERS[typed]
    child = spawn(kept, "rm", "host")
    child.expect(r"Remove 1 conversation for good\? \[y/N\] ")
    assert "hostile  Clear ␛[2J" in COLOUR.sub("", child.before)
    child.send(typed)
    text = COLOUR.sub("", output(child))
    assert ("Removed 1 conversation." in text, "Nothing was removed." in text) == (gone, not gone)
    assert child.exitstatus == (0 if gone else 1)
    assert ("hostile" in left(kept)) is not gone


def test_what_was_typed_before_the_question_counts_for_nothing(kept: Cli) -> None:
    child = spawn(kept, "rm", "hostile")
    child.send("y\n")
    child.expect(r"\[y/N\] ")
    child.send("\n")
    assert "Nothing was removed." in output(child)
    assert left(kept) == ALL


def test_ctrl_c_at_the_question(kept: Cli) -> None:
    child = spawn(kept, "rm", "hostile")
    child.expect(r"\[y/N\] ")
    child.sendintr()
    assert "Traceback" not in output(child)
    assert child.exitstatus == 130
    assert left(kept) == ALL


def test_a_parent_and_its_branches(kept: Cli) -> None:
    said = kept("rm", "poem", "--yes")
    assert (said.code, left(kept)) == (2, ALL)
    assert "poem.short goes on from conversation 'poem'" in said.err
    assert "--with-branches" in said.err
    said = kept("rm", "poem", "--with-branches", "--yes")
    assert "with 1 branch" in said.out
    assert said.out.splitlines()[-1] == "Removed 2 conversations."
    assert left(kept) == ["bad", "hostile"]


def test_several_branches_are_told_in_the_plural(cli: Cli) -> None:
    assert cli("demo").code == 0
    (id,) = (line.split("\t")[0] for line in cli("ls").out.splitlines())
    assert [cli("fork", id, "--no-run", "--name", name).code for name in ("one", "two")] == [0, 0]
    said = cli("rm", id, "--yes")
    assert f"go on from conversation '{id}'; remove those first, or take all of them" in said.err


def test_a_conversation_that_is_running_stays(kept: Cli) -> None:
    with held(kept.store, "poem.short"):
        for words in (["poem.short"], ["poem", "hostile", "--with-branches"]):
            said = kept("rm", *words, "--yes")
            assert (said.code, left(kept)) == (2, ALL)
            assert "'poem.short' is being run by" in said.err
        said = kept("rm", "--older-than", "1h", "--yes")
        assert said.code == 0
        assert "poem stays: " in said.out
        assert left(kept) == ["poem", "poem.short"]


def test_by_age(kept: Cli) -> None:
    said = kept("rm", "--older-than", "45d", "--dry-run")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "1 conversation would go; nothing was removed."
    assert said.out.startswith("bad  was be damaged · 50 d ago · 12 events\n")
    assert left(kept) == ALL
    assert kept("rm", "--older-than", "45d").code == 2, "nobody is asked"
    assert left(kept) == ALL
    assert kept("rm", "--older-than", "30 d", "--keep", "2", "--yes").code == 0
    assert left(kept) == ["hostile", "poem", "poem.short"]
    assert kept("rm", "--older-than", "36h", "--yes").code == 0
    assert left(kept) == ["poem", "poem.short"], "the branch is a day old, so its parent is too"
    said = kept("rm", "--older-than", "36h", "--yes")
    assert (said.code, said.out) == (0, "Nothing goes: nothing there is as old as that.\n")


def test_only_the_newest_are_kept(kept: Cli) -> None:
    assert kept("rm", "--keep", "1", "--yes").code == 0
    assert left(kept) == ["poem", "poem.short"]
    assert kept("rm", "--keep", "1", "--yes").out == "Nothing goes: there are no more than that.\n"
    assert kept("rm", "--keep", "0", "--yes").code == 0
    assert left(kept) == []


def test_what_went_on_while_it_was_asked_stays(kept: Cli) -> None:
    async def say() -> None:
        store = SqliteStore(kept.store)
        await chat(store, "one", "two", "DONE").resume("hostile", say="more")
        await store.aclose()

    child = spawn(kept, "rm", "hostile", "bad")
    child.expect(r"\[y/N\] ")
    anyio.run(say)
    child.send("y\n")
    text = COLOUR.sub("", output(child))
    assert child.exitstatus == 1
    assert "hostile stays: it went on, or was forked" in " ".join(text.split())
    assert "Removed 1 conversation." in text
    assert left(kept) == ["hostile", "poem", "poem.short"]


def test_files(cli: Cli) -> None:
    assert cli("demo", "--save", "demo.jsonl").code == 0
    said = cli("rm", "demo.jsonl", "--yes")
    assert said.code == 0
    assert "demo.jsonl  Print the 10th prime number." in said.out
    assert [path.name for path in cli.folder.iterdir() if path.name.startswith("demo")] == []
    (cli.folder / "diary.jsonl").write_text("Dear diary\n")
    for name, told in (("diary.jsonl", "a transcript begins with an Opened event"), ("demo.jsonl", "no such file")):
        said = cli("rm", name, "--yes")
        assert said.code == 2
        assert told in said.err
    assert (cli.folder / "diary.jsonl").read_text() == "Dear diary\n"


def test_a_store_is_no_conversation(kept: Cli) -> None:
    before = kept.store.read_bytes()
    assert kept("rm", str(kept.store), "--yes").code == 2
    assert kept.store.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name what to remove"),
        (["poem", "--older-than", "30d"], "name what to remove"),
        (["--older-than", "30d", "--with-branches"], "name what to remove"),
        (["--older-than", "30"], "'30' is no age"),
        (["--older-than", "-3d"], "'-3d' is no age"),
        (["nobody"], "there is no conversation 'nobody'"),
        (["host", "--yes"], "with --yes an id is written out: hostile"),
        (["poem.short", "nobody", "--yes"], "there is no conversation 'nobody'"),
    ],
)
def test_what_makes_no_sense_removes_nothing(kept: Cli, words: list[str], told: str) -> None:
    said = kept("rm", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert left(kept) == ALL
