"""`agentchat view`: one file, where it was asked for, and clear words for what cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentchat import Transcript
from agentchat.report.page import is_page
from tests.cli.conftest import Cli
from tests.report.samples import river


@pytest.fixture
def run(cli: Cli) -> Path:
    return river().save(cli.folder / "run.jsonl")


def page(cli: Cli, name: str) -> str:
    return (cli.folder / name).read_text(encoding="utf-8")


def test_a_file_becomes_a_page_of_its_name(cli: Cli, run: Path) -> None:
    before = run.read_bytes()
    assert cli("view", "run.jsonl") == (0, "run.html\n", "")
    assert is_page(page(cli, "run.html").encode())
    assert "<title>run.jsonl</title>" in page(cli, "run.html")
    assert run.read_bytes() == before
    assert cli("view", "run.jsonl").code == 0  # a page may be written again
    assert sorted(one.name for one in cli.folder.iterdir()) == ["run.html", "run.jsonl"]


def test_a_conversation_in_the_store_is_named_by_its_id(cli: Cli) -> None:
    assert cli("demo").code == 0
    said = cli("view", "2")  # an id may be shortened
    assert said.code == 0
    name = said.out.strip()
    assert name.endswith(".html")
    assert f"<title>{name.removesuffix('.html')}</title>" in page(cli, name)


def test_two_side_by_side_and_a_position(cli: Cli, run: Path) -> None:
    assert cli("view", "run.jsonl", "run.jsonl@11") == (0, "run-and-run@11.html\n", "")
    text = page(cli, "run-and-run@11.html")
    assert "<title>run.jsonl and run.jsonl@11</title>" in text
    assert '"only here"' in text


def test_a_named_file_and_standard_output(cli: Cli, run: Path) -> None:
    assert cli("view", "run.jsonl", "-o", "out.html") == (0, "out.html\n", "")
    said = cli("view", "run.jsonl", "-o", "-")
    assert said.out == page(cli, "out.html")
    assert said.err == ""


def test_nothing_but_a_page_is_written_over(cli: Cli, run: Path) -> None:
    before = run.read_bytes()
    (cli.folder / "run.html").write_text("<html>mine</html>")
    for words in (["-o", "run.jsonl"], []):
        said = cli("view", "run.jsonl", *words)
        assert (said.code, said.out) == (2, "")
        assert "is there already and is no page of this command; name another file with -o" in said.err
    assert run.read_bytes() == before
    assert page(cli, "run.html") == "<html>mine</html>"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run.jsonl", "-o", "none/x.html"], "none/x.html: cannot be written (No such file or directory)"),
        (["run.jsonl", "-o", "."], ".: cannot be written (Is a directory)"),
        (["run.jsonl@99"], "there is no event 99; the transcript has events 1 to 46"),
        (["run.jsonl", "none.jsonl"], "none.jsonl: cannot be read"),
        (["run.jsonl", "-o", "-", "--open"], "--open needs a file to open"),
    ],
)
def test_what_cannot_be_is_one_message(cli: Cli, run: Path, words: list[str], told: str) -> None:
    said = cli("view", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("agentchat: ")
    assert told in said.err
    assert list(cli.folder.glob("*.html")) == []


def test_a_damaged_middle_gives_no_page(cli: Cli, run: Path) -> None:
    lines = run.read_bytes().splitlines(keepends=True)
    run.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    said = cli("view", "run.jsonl")
    assert (said.code, said.out) == (2, "")
    assert "line 5" in said.err
    assert not (cli.folder / "run.html").exists()


def test_a_torn_tail_is_told_on_the_page_too(cli: Cli, run: Path) -> None:
    run.write_bytes(run.read_bytes()[:-7])
    said = cli("view", "run.jsonl")
    assert said.code == 0
    assert "the last line is unfinished" in said.err
    torn = Transcript.load(run).torn
    assert f'"torn":{torn}' in page(cli, "run.html")


def test_it_is_opened_in_the_browser(cli: Cli, run: Path) -> None:
    browser = cli.folder / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > opened\n')
    browser.chmod(0o755)
    said = cli("view", "run.jsonl", "--open", env={"BROWSER": f"{browser} %s", "PATH": os.environ["PATH"]})
    assert said == (0, "run.html\n", "")
    assert (cli.folder / "opened").read_text().strip() == (cli.folder / "run.html").as_uri()


def test_where_no_browser_is_it_says_so(cli: Cli, run: Path) -> None:
    said = cli("view", "run.jsonl", "--open", env={"BROWSER": "/nowhere/browser", "PATH": "/nowhere"})
    assert (said.code, said.out) == (0, "run.html\n")
    assert "no browser could be started; open the file yourself" in said.err
