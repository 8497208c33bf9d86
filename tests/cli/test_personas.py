"""`agentchat personas`: who there is, where from, and what a file says."""

from __future__ import annotations

from tests.cli.conftest import ROOT, Cli


def test_the_list_names_kind_model_and_where_from(cli: Cli) -> None:
    own = cli.folder / ".config/agentchat"
    (own / "personas").mkdir(parents=True)
    (own / "personas/coder.md").write_text('---\nname: coder\ndescription: "Mine \\e[2J."\nmodel: [fast, smart]\n---\n')
    (own / "personas/odd.md").write_text("---\nnaem: odd\n---\n")
    (own / "teams").mkdir()
    (own / "teams/mine.toml").write_text("description = 3\n")
    (own / "teams/odd.toml").write_text("x =\n")
    said = cli("personas", env={"XDG_CONFIG_HOME": str(cli.folder / ".config")})
    assert (said.code, said.err) == (0, "")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == "persona kind model from"
    assert f"coder assistant fast, smart {own}/personas/coder.md Mine ␛[2J." in lines
    assert (
        "supervisor supervisor fast shipped Directs a team, one step after the other, and gives the final answer."
        in lines
    )
    assert any(line.startswith("runner user-proxy shipped Runs the programs") for line in lines)
    assert any(line.startswith(f"odd {own}/personas/odd.md cannot be read: ") and "'naem'" in line for line in lines)
    assert f"mine {own}/teams/mine.toml" in lines
    assert any(line.startswith(f"odd {own}/teams/odd.toml cannot be read: ") for line in lines)
    assert any(line.startswith("supervised-coding shipped A supervisor directs") for line in lines)


def test_a_name_gives_the_file(cli: Cli) -> None:
    assert cli("personas", "coder").out == (ROOT / "personas/coder.md").read_text()
    assert cli("personas", "supervised-coding").out == (ROOT / "personas/teams/supervised-coding.toml").read_text()
    foreign = cli.folder / ".claude/agents/rev iew.md"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("---\nname: rev\ndescription: d\nmodel: opus\nhooks: x\n---\nBody")
    said = cli("personas", ".claude/agents/rev iew.md")
    assert (said.code, said.out) == (0, foreign.read_text())
    assert said.err.startswith("This file is Claude Code's. Here it is rev, of smart.\n")
    assert "'hooks' has no meaning here and was left out" in said.err


def test_a_name_that_there_is_not(cli: Cli) -> None:
    for name, told in (("codr", "did you mean 'coder'?"), ("./x.md", "no persona file"), ("x.toml", "cannot be read")):
        said = cli("personas", name)
        assert (said.code, said.out) == (2, "")
        assert told in said.err
