"""Persona files: what is read from them, and how each thing that can be wrong is named with its place."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any

import pytest

from agentchat.errors import PersonaError
from agentchat.personas import (
    Persona,
    find_persona,
    parse_persona,
    persona_files,
    read_persona,
    shipped_personas,
)
from agentchat.personas.dialects import dialect_of, name_of, standing_in
from agentchat.textfile import LARGEST


def plain(persona: Persona) -> Persona:
    return persona.model_copy(update={"origin": None})


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def warnings(persona: Persona) -> str:
    assert persona.origin is not None
    return "\n".join(persona.origin.warnings)


def test_a_file_becomes_a_persona(tmp_path: Path) -> None:
    text = "---\nname: ada\ndescription: Thinks.\nmodel: smart\n---\n\nThink first.\n\n--- not a fence\n"
    persona = read_persona(written(tmp_path / "x.md", text))
    assert plain(persona) == Persona(
        name="ada", description="Thinks.", model="smart", instructions="Think first.\n\n--- not a fence"
    )
    assert persona.place("model") == f"{tmp_path / 'x.md'}, line 4"
    assert persona.place() == str(tmp_path / "x.md")
    assert plain(persona).place("model") == "persona ada"


def test_line_ends_and_a_byte_order_mark_of_another_system_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(b"\xef\xbb\xbf---\r\nname: ada\r\nkind: user-proxy\r\nsandbox: auto\r\n---\r\nNotes.\r\n")
    assert plain(read_persona(path)) == Persona(name="ada", kind="user-proxy", sandbox="auto", instructions="Notes.")


def test_every_key() -> None:
    text = (
        "---\nname: a\nmodel: [smart, 'x@http://127.0.0.1:9/v1']\nstronger: smart\nrepairs: 3\ntools: [t, 'm:f']\n"
        "accepts: [str, Code]\nemits: 'm:Report'\n---\n"
    )
    assert plain(parse_persona(text, "x.md")) == Persona(
        name="a",
        model=("smart", "x@http://127.0.0.1:9/v1"),
        stronger="smart",
        repairs=3,
        tools=("t", "m:f"),
        accepts=("str", "Code"),
        emits=("m:Report",),
    )
    boss = parse_persona("---\nname: b\nkind: supervisor\nteam: a, c\n---\n", "x.md")
    assert (boss.kind, boss.team) == ("supervisor", ("a", "c"))
    assert parse_persona("---\nname: p\nkind: user-proxy\nhuman: always\n---\n", "x.md").human == "always"


KINDS = "'assistant', 'user-proxy' or 'supervisor'"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x.md, line 1: no front matter"),
        ("Just text.\n", "x.md, line 1: no front matter"),
        ("---\nname: a\n", "x.md, line 1: the front matter has no end"),
        ("---\nname: a\nmodle: smart\n---\n", "x.md, line 3: unknown key 'modle'; did you mean 'model'?"),
        ("---\nname: a\nzzz: 1\n---\n", "x.md, line 3: unknown key 'zzz'; known are name, description, kind, model"),
        ("---\nname: a\nkind: [x\n---\n", "x.md, line 4: the front matter is no YAML"),
        ("---\nname: a\ndescription: b: c\n---\n", "x.md, line 3: the front matter is no YAML: mapping values"),
        ("---\nname: &x a\ndescription: *x\n---\n", "x.md, line 3: aliases (*x) are not taken"),
        ("---\ndescription: d\n---\n", "x.md, line 1: the key 'name' is missing"),
        ("---\n---\n", "x.md, line 1: the key 'name' is missing"),
        ("---\nname: 7\n---\n", "x.md, line 2: name: must be text, not 7"),
        ("---\nname: ''\n---\n", "x.md, line 2: name: "),
        ("---\nname: a\nkind: boss\n---\n", f"x.md, line 3: kind: must be {KINDS}, not 'boss'"),
        (
            "---\nname: a\nkind: asistant\n---\n",
            f"x.md, line 3: kind: must be {KINDS}, not 'asistant'; did you mean 'assistant'?",
        ),
        ("---\nname: a\nsandbox: auto\n---\n", "x.md, line 3: 'sandbox' is for the kind 'user-proxy' only"),
        ("---\nname: a\nteam: [b]\n---\n", "x.md, line 3: 'team' is for the kind 'supervisor' only"),
        (
            "---\nname: a\nkind: user-proxy\nmodel: m\n---\n",
            "x.md, line 4: 'model' is for the kinds 'assistant' and 'supervisor' only",
        ),
        ("---\nname: a\ntools: {b: c}\n---\n", "x.md, line 3: tools: must be a list of names, as in [one, two], not"),
        ("---\nname: a\ntools: [b, 3]\n---\n", "x.md, line 3: tools: must be text, not 3"),
        ("---\nname: a\nrepairs: many\n---\n", "x.md, line 3: repairs: input should be a valid integer"),
        ("---\nname: a\nmodel: []\n---\n", "x.md, line 3: model: "),
        ("---\nname: a\nincludes: b.md\n---\n", "x.md, line 3: a text without a file can include nothing"),
        ("---\nname: a\nname: b\n---\n", "x.md, line 3: the key 'name' comes twice"),
        ("---\n- name\n---\n", "x.md, line 2: the front matter is no list of `key: value` lines"),
        ("---\n3: name\n---\n", "x.md, line 2: a key must be a word"),
        ("---\nname: 2020-99-99\n---\n", "x.md: the front matter cannot be read: month must be in 1..12"),
        ("---\nname: !!python/object:os.system {}\n---\n", "x.md, line 2: the front matter is no YAML"),
        ("---\nname: a\x07b\n---\n", "x.md: the front matter is no YAML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, told: str) -> None:
    with pytest.raises(PersonaError) as caught:
        parse_persona(text, "x.md")
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize("data", [b"---\nname: \xff\xfe\n---\n", b"---\nname: a\0b\n---\n"])
def test_a_file_that_is_no_text_is_named_with_the_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(data)
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


# includes


def test_included_bodies_stand_before_its_own_each_once(tmp_path: Path) -> None:
    written(tmp_path / "style.md", "Be brief.\n")
    written(tmp_path / "parts/deep.md", "---\nname: other\nincludes: shared.md\n---\nBe deep.")
    written(tmp_path / "parts/shared.md", "Share.")
    text = "---\nname: a\nincludes: [style.md, parts/deep.md, parts/shared.md]\n---\nBe yourself."
    persona = read_persona(written(tmp_path / "a.md", text))
    assert persona.instructions == "Be brief.\n\nShare.\n\nBe deep.\n\nBe yourself."
    assert persona.name == "a"


def test_a_circle_of_includes_is_named(tmp_path: Path) -> None:
    written(tmp_path / "b.md", "---\nname: b\nincludes: [c.md]\n---\n")
    written(tmp_path / "c.md", "---\nname: c\n\nincludes: [b.md]\n---\n")
    path = written(tmp_path / "a.md", "---\nname: a\nincludes: [b.md]\n---\n")
    with pytest.raises(PersonaError) as caught:
        read_persona(path)
    told = f"{tmp_path / 'c.md'}, line 4: includes go round in a circle: b.md includes c.md includes b.md"
    assert str(caught.value) == told
    written(tmp_path / "b.md", "---\nname: b\nincludes: a.md\n---\n")
    with pytest.raises(PersonaError, match=r"a\.md includes b\.md includes a\.md"):
        read_persona(path)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("../secret.md", "line 3: includes: '../secret.md' is no .md file in the folder of a.md or below it"),
        ("/etc/passwd", "line 3: includes: '/etc/passwd' is no .md file in the folder"),
        ("link.md", "line 3: includes: 'link.md' is no .md file in the folder"),
        ("none.md", "line 3: includes: there is no file"),
        ("[]x", "line 3: the front matter is no YAML"),
        ("{a: b}", "line 3: includes: must be a list of Markdown files"),
        ("binary.md", "line 1: this is no UTF-8 text"),
    ],
)
def test_an_include_that_leads_nowhere_or_out_is_refused(tmp_path: Path, given: str, told: str) -> None:
    written(tmp_path / "secret.md", "secret")
    path = written(tmp_path / "in/a.md", f"---\nname: a\nincludes: {given}\n---\n")
    (tmp_path / "in/link.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "in/binary.md").write_bytes(b"\x89PNG")
    with pytest.raises(PersonaError) as caught:
        read_persona(path)
    assert told in str(caught.value)


# files of other programs

REVIEWER = """---
name: code-reviewer
description: Use this agent when code was written. Examples: <example>user: "done"</example>
tools: Read, Grep, Bash(git *), mcp__x__y
model: sonnet
color: blue
permissionMode: plan
---
You review code.
"""


def test_a_file_of_claude_code_is_read_as_it_is(tmp_path: Path) -> None:
    persona = read_persona(written(tmp_path / ".claude/agents/code-reviewer.md", REVIEWER))
    assert (persona.name, persona.kind, persona.model) == ("code-reviewer", "assistant", "smart")
    assert persona.tools == ("Read", "Grep", "Bash(git *)", "mcp__x__y")
    assert persona.instructions == "You review code."
    assert (persona.description or "").startswith("Use this agent when code was written. Examples: <example>")
    assert warnings(persona) == "'permissionMode' has no meaning here and was left out"
    assert persona.origin is not None
    assert persona.origin.dialect == "claude-code"


def test_an_agent_md_file_is_read_as_it_is(tmp_path: Path) -> None:
    text = (
        "---\ndescription: Plans.\ntools: ['search/codebase', 'edit', 'githubRepo']\nargument-hint: what?\n"
        "model: ['Claude Haiku 4.5 (copilot)', 'GPT-5 (copilot)', 'Grok (x)', 'Gemini 2.5 Pro']\nhandoffs: []\n"
        "zzz: 1\n---\nPlan."
    )
    persona = read_persona(written(tmp_path / "API Planner 2.agent.md", text))
    assert (persona.name, persona.description, persona.model) == ("api-planner-2", "Plans.", ("fast", "smart"))
    assert persona.tools == ("search/codebase", "edit", "githubRepo")
    told = warnings(persona)
    assert "'handoffs' has no meaning here" in told
    assert "'zzz' is no key of an .agent.md file's" in told
    assert "the model 'Grok (x)' is not known here" in told
    assert "argument-hint" not in told


@pytest.mark.parametrize(
    ("path", "front", "dialect"),
    [
        ("x/y.agent.md", {"name": "a", "kind": "assistant"}, "agent-md"),
        (".github/agents/y.md", {}, "agent-md"),
        (".claude/agents/deep/y.md", {}, "claude-code"),
        (".claude/agents.md", {}, "own"),
        ("y.md", {"kind": "assistant", "color": "red"}, "own"),
        ("y.md", {"name": "a", "color": "red"}, "claude-code"),
        ("y.md", {"name": "a", "handoffs": []}, "agent-md"),
        ("y.md", {"name": "a", "hooks": {}}, "own"),  # both have it: an unknown key of ours
        ("y.md", {"name": "a", "model": "inherit"}, "claude-code"),
        ("y.md", {"name": "a", "tools": "Read, my_tool"}, "claude-code"),
        ("y.md", {"name": "a", "tools": ["Bash(git *)"]}, "claude-code"),
        ("y.md", {"name": "a", "tools": ["read"], "model": "smart"}, "own"),
        ("y.md", {"name": "a"}, "own"),
    ],
)
def test_whose_form_a_file_has_follows_from_its_place_and_keys(path: str, front: dict[str, Any], dialect: str) -> None:
    assert dialect_of(PurePath("/home/u") / path, front) == dialect
    assert dialect_of(None, {"color": "red"}) == "claude-code"


def test_what_a_foreign_file_grants_is_never_widened(tmp_path: Path) -> None:
    text = "---\nname: a\ntools: '*'\ndisallowedTools: Write\n---\n"
    persona = read_persona(written(tmp_path / ".claude/agents/a.md", text))
    assert persona.tools == ()
    text = "---\nname: a\ntools: Read, Write\ndisallowedTools: Write(x)\nmodel: inherit\n---\n"
    persona = read_persona(written(tmp_path / ".claude/agents/a.md", text))
    assert (persona.tools, persona.model) == (("Read",), None)
    assert standing_in("claude-code", "Read") == "read_file"
    assert standing_in("claude-code", "Bash(git *)") is None
    assert standing_in("agent-md", "#tool:web/fetch") == "fetch_url"


def test_front_matter_that_is_no_yaml_is_lenient_for_others_alone(tmp_path: Path) -> None:
    text = "---\nname: 'a b'\ndescription: one: two\n  and three\nmodel: opus\n---\nBody"
    persona = read_persona(written(tmp_path / ".claude/agents/a.md", text))
    assert (persona.name, persona.description, persona.model) == ("a-b", "one: two\n  and three", "smart")
    with pytest.raises(PersonaError, match="no YAML"):
        read_persona(written(tmp_path / "a.md", text))
    with pytest.raises(PersonaError, match="no YAML"):
        read_persona(written(tmp_path / ".claude/agents/a.md", "---\n[\n---\n"))


@pytest.mark.parametrize(
    ("given", "name"),
    [("API Architect", "api-architect"), ("4.1 Beast", "agent-4-1-beast"), ("é", "agent"), ("A_b", "A_b")],
)
def test_names_for_people_become_names_for_agents(given: str, name: str) -> None:
    assert name_of(given) == name


# places


def test_the_personas_that_ship() -> None:
    shipped = shipped_personas()
    assert list(shipped) == ["assistant", "coder", "critic", "planner", "runner", "supervisor", "writer"]
    assert shipped["coder"].kind == "assistant"
    assert "DONE" in shipped["coder"].instructions
    assert (shipped["runner"].kind, shipped["runner"].sandbox) == ("user-proxy", "auto")
    assert (shipped["supervisor"].kind, shipped["supervisor"].model) == ("supervisor", "fast")
    assert all(persona.description for persona in shipped.values())


def test_a_users_own_stand_before_those_that_ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = written(tmp_path / "agentchat/personas/coder.md", "---\nname: coder\n---\nMine.")
    other = written(tmp_path / "agentchat/personas/zoe.agent.md", "---\ndescription: d\n---\n")
    assert persona_files()["coder"] == own
    assert find_persona("coder") == own
    assert find_persona("zoe") == other
    beside = written(tmp_path / "team/coder.md", "---\nname: coder\n---\nTheirs.")
    assert find_persona("coder", tmp_path / "team") == beside
    assert find_persona("./coder.md", tmp_path / "team") == beside
    assert find_persona(str(beside)) == beside
    with pytest.raises(PersonaError, match="there is no persona 'codre'; did you mean 'coder'"):
        find_persona("codre")
    with pytest.raises(PersonaError, match=r"there is no persona 'q'\. There are assistant, "):
        find_persona("q")
    with pytest.raises(PersonaError, match="there is no persona file"):
        find_persona("./q.md")
