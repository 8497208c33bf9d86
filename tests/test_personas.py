"""Persona files: what is read from them, and how each thing that can be wrong is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchat.errors import PersonaError
from agentchat.personas import LARGEST, Persona, parse_persona, read_persona, shipped_personas


def test_a_file_becomes_a_persona(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("---\nname: ada\ndescription: Thinks.\nmodel: smart\n---\n\nThink first.\n\n--- not a fence\n")
    assert read_persona(path) == Persona(
        name="ada", description="Thinks.", model="smart", instructions="Think first.\n\n--- not a fence"
    )


def test_line_ends_and_a_byte_order_mark_of_another_system_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(b"\xef\xbb\xbf---\r\nname: ada\r\nkind: user-proxy\r\nsandbox: auto\r\n---\r\nNotes.\r\n")
    assert read_persona(path) == Persona(name="ada", kind="user-proxy", sandbox="auto", instructions="Notes.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x.md, line 1: no front matter"),
        ("Just text.\n", "x.md, line 1: no front matter"),
        ("---\nname: a\n", "x.md, line 1: the front matter has no end"),
        ("---\nname: a\nmodle: smart\n---\n", "x.md, line 3: unknown key 'modle'; did you mean 'model'?"),
        ("---\nname: a\nzzz: 1\n---\n", "x.md, line 3: unknown key 'zzz'; known are name, description, kind, model"),
        ("---\nname: a\nkind: [x\n---\n", "x.md, line 4: the front matter is no YAML"),
        ("---\ndescription: d\n---\n", "x.md, line 1: the key 'name' is missing"),
        ("---\n---\n", "x.md, line 1: the key 'name' is missing"),
        ("---\nname: 7\n---\n", "x.md, line 2: name: must be text, not 7"),
        ("---\nname: ''\n---\n", "x.md, line 2: name: "),
        ("---\nname: a\nkind: boss\n---\n", "x.md, line 3: kind: must be 'assistant' or 'user-proxy', not 'boss'"),
        ("---\nname: a\nsandbox: auto\n---\n", "x.md, line 3: 'sandbox' is for the kind 'user-proxy' only"),
        ("---\nname: a\nkind: user-proxy\nmodel: m\n---\n", "x.md, line 4: 'model' is for the kind 'assistant' only"),
        ("---\nname: a\nname: b\n---\n", "x.md, line 3: the key 'name' comes twice"),
        ("---\n- name\n---\n", "x.md, line 2: the front matter is no list of `key: value` lines"),
        ("---\n3: name\n---\n", "x.md, line 2: a key must be a word"),
        ("---\nname: 2020-99-99\n---\n", "x.md: the front matter cannot be read: month must be in 1..12"),
        ("---\nname: !!python/object:os.system {}\n---\n", "x.md, line 2: the front matter is no YAML"),
        ("---\nname: a\x00b\n---\n", "x.md: the front matter is no YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, told: str) -> None:
    with pytest.raises(PersonaError) as caught:
        parse_persona(text, "x.md")
    assert str(caught.value).startswith(told)


def test_a_file_that_is_no_text_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(b"---\nname: \xff\xfe\n---\n")
    with pytest.raises(PersonaError, match=r"x\.md, line 2: this is no UTF-8 text"):
        read_persona(path)


def test_a_missing_file_a_directory_and_a_giant_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="cannot be read"):
        read_persona(tmp_path / "none.md")
    with pytest.raises(PersonaError, match="cannot be read"):
        read_persona(tmp_path)
    (tmp_path / "giant.md").write_bytes(b"x" * (LARGEST + 1))
    with pytest.raises(PersonaError, match="more than"):
        read_persona(tmp_path / "giant.md")


def test_the_personas_that_ship_are_a_coder_and_a_runner() -> None:
    shipped = shipped_personas()
    assert list(shipped) == ["coder", "runner"]
    assert shipped["coder"].kind == "assistant"
    assert "DONE" in shipped["coder"].instructions
    assert (shipped["runner"].kind, shipped["runner"].sandbox) == ("user-proxy", "auto")
