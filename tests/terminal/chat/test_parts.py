"""The pure parts of the chat: what is typed, folded, found, asked, answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.layout.screen import Char, Screen

from agentchat.errors import ConfigurationError
from agentchat.terminal.chat.asked import (
    Always,
    Asking,
    agreed,
    answer,
    digest_of,
    edited,
    revealed,
    revised,
    unreadable,
)
from agentchat.terminal.chat.attachments import amount, look_at, with_files
from agentchat.terminal.chat.commands import Commands
from agentchat.terminal.chat.fuzzy import best
from agentchat.terminal.chat.going import GOING
from agentchat.terminal.chat.looking import LOOKING
from agentchat.terminal.chat.menu import ROWS, Item, Menu
from agentchat.terminal.chat.own import folded, typed
from agentchat.terminal.chat.pastes import Pastes
from agentchat.terminal.chat.reflow import breaks_rows, grown, widths_above
from agentchat.terminal.chat.said import Command, Message, Shell, said

AGENTS = ("coder", "critic")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", None),
        ("  \n ", None),
        ("hello", Message("hello")),
        ("@coder go", Message("go", "coder")),
        ("@coder, go", Message("go", "coder")),
        ("@nobody go", Message("@nobody go", None, ("nobody",))),
        ("ask @critic", Message("ask @critic")),
        ("see @a.py and @b/c.md.", Message("see @a.py and @b/c.md.", None, ("a.py", "b/c.md"))),
        ('see @"a b.txt"', Message('see @"a b.txt"', None, ("a b.txt",))),
        (
            "the `@property` of\n```\n@dataclass\n```\nme@home.org",
            Message("the `@property` of\n```\n@dataclass\n```\nme@home.org"),
        ),
        ("a \\@property", Message("a @property")),
        ("!git diff", Shell("git diff")),
        ("!", Message("!")),
        ("/usage", Command("usage", "")),
        ("/show 12 ", Command("show", "12")),
        ("/usr/bin is full", Message("/usr/bin is full")),
        ("/", Command("", "")),
    ],
)
def test_what_is_typed(typed: str, meant: object) -> None:
    assert said(typed, AGENTS) == meant


def test_files_go_along_or_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo")
    assert with_files("see", [str(path)]) == f'see\n\n<file name="{path}">\none\ntwo\n</file>'
    assert look_at(str(path)).size == 7
    (tmp_path / "b").write_bytes(b"\xff\xfe")
    for name, told in (("gone", "no such file"), ("b", "no UTF-8 text"), (".", "is a folder")):
        with pytest.raises(ConfigurationError, match=told):
            with_files("see", [str(tmp_path / name)])
    assert amount(12_345) == "12.3 kB, ~3,087 tokens"


def test_pastes_are_folded_and_come_back() -> None:
    pastes = Pastes()
    assert pastes.fold("short") == "short"
    assert pastes.fold("a\r\nb") == "a\nb"
    mark = pastes.fold("x\n" * 20)
    assert mark == "[pasted #1: 21 lines]"
    assert pastes.fold("@dataclass\nclass A: ...") == "[pasted #2: 2 lines]"
    assert pastes.unfold(f"see {mark}!") == "see " + "x\n" * 20 + "!"
    assert pastes.unfold("[pasted #9: of somebody else]") == "[pasted #9: of somebody else]"


def test_own_messages_are_shown_without_what_went_along() -> None:
    text = 'see\n\n<file name="x.py">\n1\n2\n</file>'
    assert folded(text) == "see\n\n↳ x.py · 2 lines"
    assert typed(text) == "see"


def test_a_few_letters_find_it() -> None:
    assert best("us", ["budget", "usage", "bus"]) == ["usage", "bus"]
    assert best("rwd", ["rewind", "retry"]) == ["rewind"]
    assert best("", ["b", "a"]) == ["b", "a"]


def test_a_menu_is_narrowed_and_moved_in() -> None:
    menu = Menu("t", [Item(f"line {n}", "x", n) for n in range(30)], last=True)
    assert menu.chosen is not None
    assert menu.chosen.value == 29
    menu.move(-5)
    assert menu.window()[0] == 19
    assert len(menu.window()[1]) == ROWS
    menu.narrow("line 2")
    assert [one.value for one in menu.shown] == [2, 12, *range(20, 30)]
    menu.narrow("nothing")
    menu.move(1)
    assert menu.chosen is None


def test_a_command_that_is_meant() -> None:
    commands = Commands((*LOOKING, *GOING))
    assert commands.find("usage").name == "usage"
    assert commands.find("usa").name == "usage"
    with pytest.raises(ConfigurationError, match="did you mean /model"):
        commands.find("modle")
    with pytest.raises(ConfigurationError, match="/help shows all"):
        commands.find("qqqqq")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("y", {"yes": True}),
        ("YES", {"yes": True}),
        ("", {"yes": False, "reason": None}),
        ("n", {"yes": False, "reason": None}),
        ("n too slow", {"yes": False, "reason": "too slow"}),
    ],
)
def test_only_a_plain_yes_is_one(line: str, value: object) -> None:
    assert answer(line, "approval").value == value
    assert answer(line, "approval").act == "give"


@pytest.mark.parametrize("line", ["yes it is fine", "ok", "ja", "yy", "always please"])
def test_anything_else_is_asked_again(line: str) -> None:
    assert answer(line, "approval").act == "again"


def test_other_answers() -> None:
    assert answer("a", "approval").always
    assert answer("e", "approval").act == "edit"
    assert answer("?", "approval").act == "explain"
    assert answer(" as it is ", "text").value == " as it is "
    assert answer('{"a": 1}', "json").value == {"a": 1}
    assert answer("{", "json").act == "again"
    assert answer("y", "yes").value is True
    assert answer("", "yes").value is False
    assert answer("maybe", "yes").act == "again"


def test_what_was_changed_is_asked_for_anew() -> None:
    asked = Asking("p", "approval", "bob", (), "0" * 64, "print(1)", "python")
    assert agreed(asked, {"yes": True}) == {"yes": True}
    changed = edited(asked, "print(2)\u200b")
    assert changed.digest not in (asked.digest, edited(asked, "print(2)").digest)
    assert "print(2)⟨U+200B⟩" in str(changed.rows[1])
    assert agreed(changed, {"yes": True}) == {"yes": True, "instead": "print(2)\u200b"}
    assert agreed(changed, {"yes": False, "reason": None}) == {"yes": False, "reason": None}


@pytest.mark.parametrize(
    ("text", "language", "problem"),
    [
        (None, "json", ""),
        ("{", "python", ""),
        ('{"a": 1}', "json", ""),
        ("{", "json", "this is no JSON"),
        ("[1]", "json", "arguments are a JSON object"),
    ],
)
def test_changed_arguments_are_json(text: str | None, language: str, problem: str) -> None:
    assert unreadable(text, language).startswith(problem)
    assert bool(unreadable(text, language)) == bool(problem)


def test_what_cannot_be_seen_is_shown() -> None:
    assert revealed("a\u200bb\u00a0c\u202e\x1b[2J") == "a⟨U+200B⟩b⟨U+00A0⟩c⟨U+202E⟩␛[2J"
    assert digest_of("a", "bc") != digest_of("ab", "c")


def test_a_region_grows_where_the_terminal_breaks_rows() -> None:
    assert grown([], 40) == grown([0, 1, 40], 40) == 0
    assert grown([41, 80, 81], 40) == 1 + 1 + 2
    assert breaks_rows({"TMUX": "x,1,0"})
    assert breaks_rows({"TERM_PROGRAM": "iTerm.app"})
    assert not breaks_rows({"TERM": "xterm-256color"})
    assert not breaks_rows({"STY": "1.x", "VTE_VERSION": "7000"}), "screen in GNOME's terminal cuts rows off"
    drawn = Screen()
    for column, sign in enumerate("wide 日 end  "):
        drawn.data_buffer[0][column + (column > 5)] = Char(sign)
    assert widths_above(drawn, 2, 3) == [11, 0, 4]


def test_what_an_editor_gave_back_is_the_question_or_why_it_stays() -> None:
    asked = Asking("q", "approval", "a", (), "d", "print(1)", "python")
    assert revised(asked, None) == revised(asked, " print(1)\n") == "nothing was changed; the question is still open"
    assert revised(asked._replace(language="json"), "[1]") == "arguments are a JSON object; the question is still open"
    assert revised(asked, "print(2)") == edited(asked, "print(2)")


def test_only_what_was_asked_for_as_it_stands_is_allowed_for_good() -> None:
    always, asked = Always(), Asking("q", "approval", "a", (), "d", "print(1)", "python")
    always.note(asked, answer("y", "approval"))
    always.note(edited(asked, "print(2)"), answer("a", "approval"))
    assert not always.covers(asked)
    always.note(asked, answer("a", "approval"))
    assert always.covers(asked)
    assert not always.covers(edited(asked, "print(2)"))
    assert not always.covers(asked._replace(digest=None))
