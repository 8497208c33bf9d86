"""Team files and personas put together: what they become, and how all that is wrong is said at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentchat import Assistant, Budget, CallLimits, MaxTurns, ScriptedModel, UserProxy
from agentchat.agents.supervisor import Supervisor
from agentchat.errors import ConfigurationError, TeamFileError
from agentchat.models.catalog import Catalog
from agentchat.personas import Persona, read_persona, shipped_personas
from agentchat.policy.routing.plans import GraphPlan, HandoffsPlan, SupervisedPlan, read_plan
from agentchat.policy.rules import (
    Elapsed,
    Emitted,
    External,
    Failures,
    From,
    HandedTo,
    MaxMessages,
    Mentions,
    Says,
    Stalemate,
    Where,
)
from agentchat.policy.spending.budget import Cap
from agentchat.teams import Bounds, Models, NamedCode, Team, load_team, read_team, team_files, team_of, team_of_personas

M = "x@http://127.0.0.1:9/v1"
COMMON = 'agents = ["coder", "runner"]\n'
TURNS = "[until]\nmax_turns = 9\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither the settings nor the personas of whoever runs the tests, and `sys.path` as it was."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for name in ("AGENTCHAT_MODEL", "AGENTCHAT_SMART", "AGENTCHAT_FAST", "AGENTCHAT_CONFIG", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(folder: Path, text: str, name: str = "team.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def team(folder: Path, text: str, *, model: str | None = M) -> Team:
    return load_team(write(folder, text), model=model)


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(TeamFileError) as caught:
        team(folder, text).conversation()
    return str(caught.value).replace(str(folder / "team.toml"), "T")


# what a file becomes


def test_a_file_becomes_a_team(tmp_path: Path) -> None:
    write(tmp_path, "---\nname: editor\nmodel: fast\n---\nEdit.", "people/editor.md")
    text = (
        'name = "n"\ndescription = "d"\nagents = ["coder", "runner", "./people/editor.md"]\n'
        f'[tiers]\nfast = "a@http://127.0.0.1:1/v1"\nsmart = ["{M}", "b@http://127.0.0.1:2/v1"]\n'
        '[models."a@http://127.0.0.1:1/v1"]\nwindow = 1000\nprice = "free"\n'
        "[until]\nmax_turns = 9\n[budget]\ncalls = 3\nusd = 0.5\ntokens = 9\n[budget.agents.coder]\ncalls = 2\n"
    )
    made = team(tmp_path, text, model=None)
    assert (made.name, made.description, made.source) == ("n", "d", str(tmp_path / "team.toml"))
    chat = made.conversation()
    coder, runner, editor = chat.charter.agents
    assert (coder.name, runner.name, editor.name) == ("coder", "runner", "editor")
    assert [card.name for card in coder.models()] == [M, "b@http://127.0.0.1:2/v1"]
    assert coder.model is not None
    assert editor.model is not None
    assert (coder.model.tier, editor.model.tier, editor.model.window) == ("smart", "fast", 1000)
    assert editor.instructions == "Edit."
    assert chat.terms.budget == Budget(calls=3, usd=0.5, tokens=9, agents={"coder": Cap(calls=2)})
    assert chat.terms.until == MaxTurns(9)


def test_the_environment_wins_over_the_file_and_the_file_over_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, '[tiers]\nfast = "settings-fast"\nsmart = "settings-smart"\n', "agentchat.toml")
    write(tmp_path, "---\nname: a\nmodel: [fast, smart]\n---\n", "a.md")
    text = 'agents = ["a"]\n[tiers]\nsmart = "team-smart"\n' + TURNS
    (one,) = team(tmp_path, text, model=None).agents
    assert [card.name for card in one.card().models()] == ["settings-fast", "team-smart"]
    monkeypatch.setenv("AGENTCHAT_SMART", "env-smart")
    (one,) = team(tmp_path, text, model=None).agents
    assert [card.name for card in one.card().models()] == ["settings-fast", "env-smart"]


def test_the_team_that_ships(tmp_path: Path) -> None:
    assert list(team_files()) == ["supervised-coding"]
    chat = load_team(team_files()["supervised-coding"], model=M).conversation()
    plan = read_plan(chat.charter.routing)
    assert plan == SupervisedPlan(supervisor="supervisor", team=("coder", "runner", "critic"))
    own = write(tmp_path / "config/agentchat/teams", COMMON, "mine.toml")
    assert team_files()["mine"] == own


def test_every_rule_has_a_key(tmp_path: Path) -> None:
    text = (
        COMMON + "[until]\nmax_turns = 9\nmax_messages = 8\nelapsed = 7.5\nfailures = 2\nstalemate = true\n"
        'mentions = { text = "DONE", by = "coder" }\nsays = ["A", { text = "B", by = "coder" }]\nfrom = "runner"\n'
        'handed_to = "user"\nemitted = "Code"\nwhere = { type = "CodeResult", by = "runner", ok = true }\n'
        'external = "stop"\nall = [{ from = "coder" }, { max_turns = 3, says = "C" }]\nany = [{ stalemate = 3 }]\n'
        'not = { from = "runner" }\n'
    )
    expected = (
        MaxTurns(9)
        | MaxMessages(8)
        | Elapsed(7.5)
        | Failures(2)
        | Stalemate()
        | Mentions("DONE", by="coder")
        | Says("A")
        | Says("B", by="coder")
        | From("runner")
        | HandedTo("user")
        | Emitted("Code")
        | Where("CodeResult", by="runner", ok=True)
        | External("stop")
        | (From("coder") & (MaxTurns(3) | Says("C")))
        | Stalemate(3)
        | ~From("runner")
    )
    assert team(tmp_path, text).until == expected
    assert team(tmp_path, COMMON + "[until]\nexternal = true\n").until == External()


def test_every_way_of_routing(tmp_path: Path) -> None:
    round_robin = team(tmp_path, COMMON + TURNS + '[routing]\nkind = "round-robin"\n').conversation()
    assert round_robin.charter.routing == {"router": "round_robin"}
    text = '[routing]\nkind = "handoffs"\nstart = "coder"\n[routing.to]\ncoder = ["runner", "user"]\nrunner = "coder"\n'
    plan = read_plan(team(tmp_path, COMMON + TURNS + text).conversation().charter.routing)
    assert plan == HandoffsPlan(start="coder", to={"coder": ("runner", "user"), "runner": ("coder",)})
    text = (
        '[routing]\nkind = "graph"\nstart = "coder"\n'
        '[[routing.edges]]\nfrom = "coder"\nto = "END"\nwhen = { mentions = "DONE", by = "coder" }\n'
        '[[routing.edges]]\nfrom = "coder"\nto = ["runner"]\nat_most = 3\non_cap = "END"\n'
        '[[routing.edges]]\nfrom = ["runner"]\nto = "coder"\nwhen = { where = { type = "CodeResult", ok = false } }\n'
    )
    plan = read_plan(team(tmp_path, COMMON + text).conversation().charter.routing)
    assert isinstance(plan, GraphPlan)
    assert [edge.rule for edge in plan.edges] == [
        Mentions("DONE", by="coder").written(),
        None,
        Where("CodeResult", ok=False).written(),
    ]
    assert (plan.edges[1].at_most, plan.edges[1].on_cap) == (3, "END")
    text = 'agents = ["supervisor", "coder"]\n' + TURNS + '[routing]\nkind = "supervised"\n'
    assert read_plan(team(tmp_path, text).conversation().charter.routing) == SupervisedPlan(
        supervisor="supervisor", team=("coder",)
    )
    text = '[routing]\nkind = "selector"\nmodel = "smart"\ninstructions = "Be fair."\n'
    chat = team(tmp_path, COMMON + TURNS + text).conversation()
    assert chat.charter.agents[-1].kind == "selector"
    assert (chat.charter.agents[-1].instructions or "").startswith("Be fair.\n\nChoose who speaks next")


# what is wrong with a file


def test_all_that_is_wrong_is_said_at_once_with_lines(tmp_path: Path) -> None:
    text = (
        'agents = ["coder", "codre", "./no.md", "runner", "coder"]\nextra = 1\n[tiers]\nfast = "smart"\n'
        '[routing]\nkind = "supervised"\nsupervisr = "x"\n[until]\nmax_turn = 3\nmentions = 7\nfailures = 0\n'
        "elapsed = true\n[budget]\ncals = 3\nusd = 0\n"
    )
    lines = wrong(tmp_path, text).split("\n  - ")[1:]
    told = [
        "T, line 2: extra: unknown key. There are name, description, agents, tiers, models, routing, until, budget",
        "T: [tiers] fast: 'smart' is a tier itself; a tier names models only",
        "T, line 1: agents: there is no persona 'codre'; did you mean 'coder'?",
        "T, line 1: agents: there is no persona file ",
        "T, line 1: agents: 2 agents are named 'coder'; names must differ",
        "T, line 7: [routing] supervisr: unknown key; did you mean 'supervisor'? There are kind, supervisor",
        "T, line 9: [until] max_turn: unknown key; did you mean 'max_turns'?",
        'T, line 10: [until] mentions: must be text, or a table with text = "...", not 7',
        "T, line 11: [until] failures: must be a whole number from 1 on, not 0",
        "T, line 12: [until] elapsed: must be seconds above 0, not True",
        "T, line 14: [budget] cals: unknown key; did you mean 'calls'?",
        "T, line 13: budget: Budget(usd=0): nothing could be done under it",
    ]
    assert len(lines) == len(told)
    for line, start in zip(lines, told, strict=True):
        assert line.startswith(start)


ROUTED = COMMON + TURNS + "[routing]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = ", "T: this is no TOML: Invalid value (at end of document)"),
        ("agents = 3", "T, line 1: agents: must be a name or a list of names in quotes, not 3"),
        ("", 'T: agents is missing: agents = ["coder", "runner"]'),
        ("agents = []", "T: agents is missing"),
        ("name = ''\n" + COMMON, "T, line 1: name: must not be empty"),
        ("name = 1\n" + COMMON, "T, line 1: name: must be text in quotes, not 1"),
        (COMMON, "T: nothing ends this team's runs: write max_turns = 20 under [until]"),
        (COMMON + "until = 3", "T, line 2: until: must be a table, not 3"),
        (COMMON + "[budget]\ncalls = '3'", "T, line 2: budget: Budget(calls='3'): Input should be a valid integer"),
        (COMMON + "[until]\nstalemate = false", "T, line 3: [until] stalemate: leave it out to turn it off"),
        (COMMON + "[until]\nall = [3]", "T, line 3: [until] all: must be a list of tables, and 3 is none"),
        (COMMON + "[until]\nfrom = { sender = 'coder', x = 1 }", "T, line 3: [until] from: From takes no argument 'x'"),
        (COMMON + "[until]\nsays = { text = 'x', by = 3 }", "T, line 3: [until] says: by must be the name of an agent"),
        (COMMON + TURNS + "from = 'codre'", "T: From(sender='codre') waits for 'codre', which is no agent here; did"),
        (COMMON + "[until]\nall = [{ max_turn = 1 }]", "T, line 3: [until] all 1 max_turn: unknown key"),
        (COMMON + TURNS + "routing = 1", "T, line 4: [until] routing: unknown key"),
        (ROUTED, "T, line 4: routing: kind is missing; it is one of round-robin, supervised, "),
        (ROUTED + "kind = 'graf'", "T, line 5: [routing] kind: there is no routing 'graf'; did you mean 'graph'?"),
        (ROUTED + "kind = 'supervised'", "T, line 4: routing: supervisor is missing"),
        (ROUTED + "kind = 'supervised'\nsupervisor = 'cod'", "T, line 6: [routing] supervisor: 'cod', which is no"),
        (ROUTED + "kind = 'supervised'\nsupervisor = 'coder'", "T, line 6: [routing] supervisor: coder directs nobody"),
        (ROUTED + "kind = 'handoffs'\nstart = 'x'", "T, line 6: [routing] start: 'x', which is no agent here"),
        (ROUTED + "kind = 'graph'", "T, line 4: routing: start is missing"),
        (
            ROUTED + "kind = 'graph'\nstart = 'coder'\n[[routing.edges]]\nfrom = 'coder'\nto = 'rnner'\n",
            "T, line 9: [routing] edge 1 to: 'rnner', which is no agent here; did you mean 'runner'?",
        ),
        (
            ROUTED + "kind = 'graph'\nstart = 'coder'\n[[routing.edges]]\nto = 'coder'\n[[routing.edges]]\nfrom = 'x'",
            "T, line 7: [routing] edge 1: from is missing",
        ),
        (
            ROUTED
            + "kind='graph'\nstart='coder'\n[[routing.edges]]\nfrom='coder'\nto='runner'\n"
            + "when={ says='a', mentions='b' }",
            "T, line 10: [routing] edge 1 when: a condition has one of these keys: emitted, where, says, mentions",
        ),
        (
            ROUTED + "kind='graph'\nstart='coder'\n[[routing.edges]]\nfrom='coder'\nto='runner'\non_cap='END'",
            "T, line 7: [routing] edge 1: the edge coder -> runner: on_cap means nothing without at_most",
        ),
        (
            'agents = ["supervisor", "coder"]\n[routing]\nkind = "round-robin"\n' + TURNS,
            "T, line 3: [routing] kind: supervisor is a supervisor, so the routing is supervised, not round-robin",
        ),
        ('agents = ["supervisor"]\n' + TURNS, "personas/supervisor.md: a supervisor needs somebody to direct"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in wrong(tmp_path, text)


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_bytes(b"a = 1\n\xff")
    with pytest.raises(TeamFileError, match=r"team\.toml, line 2: this is no UTF-8 text"):
        load_team(tmp_path / "team.toml")
    with pytest.raises(TeamFileError, match="cannot be read"):
        load_team(tmp_path / "none.toml")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000)
    with pytest.raises(TeamFileError, match=r"too deep|no TOML"):
        load_team(tmp_path / "deep.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(TeamFileError, match="more than"):
        load_team(tmp_path / "big.toml")


def test_a_broken_persona_is_named_with_its_own_place(tmp_path: Path) -> None:
    write(tmp_path, "---\nname: a\nmodle: x\n---\n", "a.md")
    write(tmp_path, "---\nname: b c\n---\n", "b.md")
    write(tmp_path, "---\nname: s\nkind: user-proxy\nsandbox: monti\n---\n", "s.md")
    write(tmp_path, "---\nname: h\nkind: user-proxy\nsandbox: unsafe-host\n---\n", "h.md")
    write(tmp_path, "---\nname: t\ntools: [nix]\naccepts: [Cod]\nemits: ['m:X', 'a b:c']\nmodel: smrt\n---\n", "t.md")
    told = wrong(tmp_path, 'agents = ["a", "b", "s", "h", "t"]\n' + TURNS)
    for one in (
        "a.md, line 3: unknown key 'modle'; did you mean 'model'?",
        "'b c' is no name for an agent",
        "s.md, line 4: there is no sandbox 'monti'; did you mean 'monty'?",
        "h.md, line 4: programs would run on this machine without a sandbox; if that is meant, add --unsafe-host",
        "t.md, line 3: tools: there is no installed tool 'nix'",
        "t.md, line 4: accepts: there is no message type 'Cod'; did you mean 'Code'?",
        "t.md, line 5: emits: 'm:X' is code, and would be run",
        "t.md, line 5: emits: 'a b:c' is no import path",
    ):
        assert one in told
    write(tmp_path, "---\nname: t\nmodel: smrt\n---\n", "t.md")
    with pytest.raises(TeamFileError, match=r"t\.md, line 3: there is no tier 'smrt'; did you mean 'smart'"):
        team(tmp_path, 'agents = ["t"]\n' + TURNS, model=None)


def test_a_tier_without_a_model_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(TeamFileError) as caught:
        team(tmp_path, 'agents = ["coder", "critic", "supervisor"]\n' + TURNS, model=None)
    assert str(caught.value).count("no model is set for the tier 'smart'") == 1
    assert str(caught.value).count("no model is set for the tier 'fast'") == 1


def test_a_selector_needs_its_tier_and_several_problems_are_one_message(tmp_path: Path) -> None:
    text = COMMON + f'[tiers]\nsmart = "{M}"\n' + TURNS + '[routing]\nkind = "selector"\n'
    with pytest.raises(TeamFileError, match=r"\[routing\] model: no model is set for the tier 'fast'"):
        team(tmp_path, text, model=None)
    with pytest.raises(ConfigurationError, match=r"(?s)\n  - persona a: tools: .*\n  - persona b: emits: "):
        put_together(Persona(name="a", tools=("x",)), Persona(name="b", emits=("y",)))
    with pytest.raises(ConfigurationError, match=r"persona a: the persona 'a' names no model"):
        team_of([Persona(name="a"), Persona(name="s", kind="supervisor", model=M)])


# code that files name

CODE = '''
from pydantic import BaseModel
from agentchat.tools.function import tool

class Report(BaseModel):
    passed: bool

@tool(approve=True)
def delete(path: str) -> str:
    """Delete."""
    return path

def look(query: str) -> str:
    """Look."""
    return query

number = 3
'''


def test_code_is_loaded_with_trust_alone_from_the_files_own_folder(tmp_path: Path) -> None:
    write(tmp_path, CODE, "very_own_tools.py")
    front = "name: a\ntools: ['very_own_tools:delete', 'very_own_tools:look']\nemits: ['very_own_tools:Report']\n"
    write(tmp_path, f"---\n{front}---\n", "a.md")
    text = 'agents = ["a"]\n' + TURNS
    assert "if you trust the file that names it, add --trust" in wrong(tmp_path, text)
    assert "very_own_tools" not in sys.modules
    made = load_team(write(tmp_path, text), model=M, trust=True)
    card = made.conversation().charter.agents[0]
    assert [(one.name, one.approve) for one in card.tools] == [("delete", True), ("look", False)]
    assert card.emits == ("Report",)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("no_such_module_here:x", "there is no module 'no_such_module_here' where Python looks"),
        ("very_own_tools:lok", "very_own_tools has no 'lok'; did you mean 'look'?"),
        ("very_own_tools:number", "3 is no function"),
        ("broken_tools:x", "the module 'broken_tools' cannot be imported: ZeroDivisionError: division by zero"),
        ("leaving_tools:x", "the module 'leaving_tools' cannot be imported: SystemExit: 3"),
        ("lacking_tools:x", "the module 'lacking_tools' cannot be imported: ModuleNotFoundError"),
    ],
)
def test_code_that_cannot_be_loaded_is_named(tmp_path: Path, path: str, told: str) -> None:
    write(tmp_path, CODE, "very_own_tools.py")
    write(tmp_path, "1 / 0", "broken_tools.py")
    write(tmp_path, "raise SystemExit(3)", "leaving_tools.py")
    write(tmp_path, "import no_such_thing_anywhere", "lacking_tools.py")
    write(tmp_path, f"---\nname: a\ntools: ['{path}']\n---\n", "a.md")
    with pytest.raises(TeamFileError) as caught:
        load_team(write(tmp_path, 'agents = ["a"]\n' + TURNS), model=M, trust=True)
    assert f"a.md, line 3: tools: {told}" in str(caught.value)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that brings tools."""
    place = tmp_path / "site"
    write(place, CODE, "installed_tools.py")
    write(place, "Metadata-Version: 2.1\nName: some-tools\nVersion: 1\n", "some_tools-1.dist-info/METADATA")
    points = "[agentchat.tools]\nlook = installed_tools:look\nread_file = installed_tools:look\nbad = nowhere:x\n"
    write(place, points, "some_tools-1.dist-info/entry_points.txt")
    monkeypatch.syspath_prepend(str(place))


def test_installed_tools_need_no_trust(tmp_path: Path, installed: None) -> None:
    (one,) = team_of([Persona(name="a", tools=("look",))], model=M)
    assert [tool.name for tool in one.tools] == ["look"]
    assert set(NamedCode().installed()) >= {"look", "read_file", "bad"}
    with pytest.raises(ConfigurationError, match="persona a: tools: there is no installed tool 'lok'; did you mean"):
        team_of([Persona(name="a", tools=("lok",))], model=M)
    with pytest.raises(ConfigurationError, match="the installed tool 'bad' cannot be loaded: ModuleNotFoundError"):
        team_of([Persona(name="a", tools=("bad",))], model=M)


def test_foreign_tools_are_stood_in_for_or_left_out_with_a_warning(tmp_path: Path, installed: None) -> None:
    text = "---\nname: a\ndescription: d\ntools: Read, Grep, mcp__x__y\ncolor: red\nhooks: {}\n---\nReview."
    path = write(tmp_path, text, ".claude/agents/a.md")
    made = team_of_personas([read_persona(path)], Models(instead=M), NamedCode())
    assert [tool.name for tool in made.agents[0].tools] == ["look"]
    assert made.warnings == (
        f"{path}: 'hooks' has no meaning here and was left out",
        f"{path}, line 4: the tool 'Grep' was left out: no tool 'search_files' is installed to stand in",
        f"{path}, line 4: the tool 'mcp__x__y' was left out: nothing here stands in for it",
    )
    made = read_team(write(tmp_path, 'agents = ["./.claude/agents/a.md"]\n' + TURNS), Models(instead=M), NamedCode())
    assert len(made.warnings) == 3


# personas without a file


def test_personas_become_agents() -> None:
    shipped = shipped_personas()
    coder, runner = team_of([shipped["coder"], shipped["runner"]], model=M)
    assert (coder.name, coder.card().kind, runner.name, runner.sandbox) == ("coder", "assistant", "runner", "auto")
    with pytest.raises(ConfigurationError, match="names no model, and none was given"):
        team_of([Persona(name="ada")])
    (ada,) = team_of([Persona(name="ada", repairs=5, stronger="smart")], model=ScriptedModel(["x"]))
    assert (ada.card().repairs, ada.card().stronger) == (5, None)  # one model for all takes the place of both
    (strong,) = team_of([Persona(name="ada", model=M, stronger="s@http://127.0.0.1:9/v1")])
    assert strong.stronger is not None
    with pytest.raises(ConfigurationError, match="no model is set for the tier 'smart'"):
        team_of([Persona(name="ada", model=M, stronger="smart")])
    (person,) = team_of([Persona(name="p", kind="user-proxy", human="always")])
    assert person.card().human == "always"
    host = Persona(name="h", kind="user-proxy", sandbox="unsafe-host")
    assert team_of([host], unsafe_host=True)[0].sandbox == "unsafe-host"


def test_a_supervisor_directs_those_it_names_or_all_others() -> None:
    boss, a, b = (Persona(name="boss", kind="supervisor"), Persona(name="a"), Persona(name="b"))
    made = team_of([a, boss, b], model=M)
    assert [one.name for one in made] == ["a", "boss", "b"]
    assert isinstance(made[1], Supervisor)
    assert [one.name for one in made[1].team] == ["a", "b"]
    named = boss.model_copy(update={"team": ("b",)})
    made = team_of([a, named, b], model=M)
    assert isinstance(made[1], Supervisor)
    assert [one.name for one in made[1].team] == ["b"]
    with pytest.raises(ConfigurationError, match="team: 'c', which is no agent here"):
        team_of([boss.model_copy(update={"team": ("c",)}), a], model=M)
    with pytest.raises(ConfigurationError, match="a team has one supervisor, and here are boss, chief"):
        team_of([boss, a, boss.model_copy(update={"name": "chief"})], model=M)


def put_together(*personas: Persona) -> Team:
    return team_of_personas(personas, Models(instead=M), NamedCode())


def test_what_ends_a_team_without_a_file(tmp_path: Path) -> None:
    shipped = shipped_personas()
    assert put_together(shipped["assistant"]).until == From("assistant") | MaxTurns(20)
    assert put_together(shipped["coder"], shipped["runner"]).until == Mentions("DONE", by="coder") | MaxTurns(20)
    assert put_together(shipped["writer"], shipped["critic"]).until == Mentions("DONE") | MaxTurns(20)
    assert put_together(shipped["supervisor"], shipped["coder"]).until == MaxTurns(20)
    with pytest.raises(ConfigurationError, match="nobody of this team has a model"):
        put_together(shipped["runner"])
    write(tmp_path, "---\nname: near\nmodel: smart\n---\n", "near.md")
    path = write(tmp_path, "---\nname: boss\nkind: supervisor\nteam: [near, coder]\n---\n", "boss.md")
    made = put_together(read_persona(path))
    assert [one.name for one in made.agents] == ["boss", "near", "coder"]


# limits from outside


def test_limits_from_outside_take_the_place_of_its_own() -> None:
    agents = (Assistant("a", model=ScriptedModel(["x"])), UserProxy("r"))
    made = Team(agents, until=Mentions("X") | MaxTurns(5), budget=Budget(calls=3, seconds=9))
    chat = made.conversation(bounds=Bounds(max_turns=7, tokens=100, seconds=1.5))
    assert chat.terms.until == Mentions("X") | MaxTurns(7)
    assert chat.terms.budget == Budget(calls=3, tokens=100, seconds=1.5)
    assert Bounds(max_turns=2).rule(None) == MaxTurns(2)
    assert Bounds(max_turns=2).rule(MaxTurns(9)) == MaxTurns(2)
    assert Bounds(max_turns=2).rule(From("a")) == From("a") | MaxTurns(2)
    assert Bounds(max_turns=2).rule(From("a") & MaxTurns(9)) == (From("a") & MaxTurns(9)) | MaxTurns(2)
    with pytest.raises(ConfigurationError, match="nothing limits"):
        Team(agents).conversation()
    with pytest.raises(ConfigurationError, match=r"Budget\(usd=-1.0\): nothing could be done under it"):
        made.conversation(bounds=Bounds(usd=-1.0))


def test_models_are_shared_and_made_once() -> None:
    models = Models(default="m@http://127.0.0.1:9/v1", catalog=Catalog())
    assert models.of(None) is not models.of(None)
    assert models.of(None)[0] is models.of(["m@http://127.0.0.1:9/v1"])[0]


def test_limits_of_a_turn_and_what_becomes_of_lost_results(tmp_path: Path) -> None:
    found = team(tmp_path, 'in_doubt = "fail"\n' + COMMON + TURNS + "[limits]\nmodel_calls = 3\nattempts = 1\n")
    charter = found.conversation().charter
    assert (charter.limits, charter.in_doubt) == (CallLimits(model_calls=3, attempts=1), "fail")
    with pytest.raises(TeamFileError) as told:
        team(tmp_path, 'in_doubt = "retri"\n' + COMMON + TURNS + "[limits]\nmodel_cals = 3\nattempts = 0\n")
    assert [one.partition("team.toml, ")[2] for one in told.value.problems] == [
        "line 6: [limits] model_cals: unknown key; did you mean 'model_calls'? "
        "There are model_calls, tool_calls, attempts",
        "line 7: [limits] attempts: must be a whole number from 1 on, not 0",
        "line 1: in_doubt: must be one of ask, retry, fail, not 'retri'",
    ]


def test_names_in_rules_and_caps_are_told_with_all_else(tmp_path: Path) -> None:
    with pytest.raises(TeamFileError) as told:
        team(
            tmp_path,
            f'{COMMON}[routing]\nkind = "graf"\n[until]\nsays = {{ text = "x", by = "codr" }}\n'
            "[budget.agents.runer]\ncalls = 1\n",
        )
    assert [one.partition("team.toml, ")[2].partition(" (")[0] for one in told.value.problems] == [
        "line 3: [routing] kind: there is no routing 'graf'; did you mean 'graph'? There are round-robin, supervised, "
        "selector, handoffs, graph",
        "line 4: until: Says(text='x', by='codr') waits for 'codr', which is no agent here; did you mean 'coder'?",
        "line 6: [budget] agents runer: this caps 'runer', which is no agent here; did you mean 'runner'?",
    ]


def test_a_condition_that_waits_for_a_stranger_is_told_with_its_line(tmp_path: Path) -> None:
    graph = '[routing]\nkind = "graph"\nstart = "coder"\n[[routing.edges]]\nfrom = "coder"\nto = "runner"\n'
    with pytest.raises(TeamFileError) as told:
        team(tmp_path, f'{COMMON}{TURNS}{graph}when = {{ mentions = "x", by = "codr" }}\n')
    (one,) = told.value.problems
    assert "team.toml, line 10: [routing] edge 1 when: 'codr', which is no agent here; did you mean 'coder'?" in one
