"""The declared routing of a conversation as a Mermaid flowchart: who may come after whom, and under which condition."""

from __future__ import annotations

from agentchat.exchange.exported import Exported
from agentchat.exchange.mermaid_text import label, size_of
from agentchat.policy.charter import charter_of
from agentchat.policy.routing.plans import (
    END,
    PERSON,
    EdgePlan,
    FunctionPlan,
    GraphPlan,
    HandoffsPlan,
    RoundRobinPlan,
    SupervisedPlan,
    read_plan,
)
from agentchat.policy.rules import read_rule
from agentchat.transcript.transcript import Transcript

_GENERAL = "what happened (that is the format mermaid), and all of the agreement but the routing"


def mermaid_graph(transcript: Transcript) -> Exported:
    """The flowchart of the routing in force at the end."""
    charter = charter_of(transcript)
    chart = _Chart()
    for card in charter.agents:
        model = "" if card.model is None else f"<br/>{label(card.model.name)}"
        chart.node(card.name, f'["{label(card.name)}{model}"]')
    names = charter.names()
    match read_plan(charter.routing):
        case RoundRobinPlan():
            chart.start(names[:1])
            for place, name in enumerate(names):
                chart.edge(name, names[(place + 1) % len(names)])
        case SupervisedPlan() as plan:
            _supervised(chart, plan, finishes=charter.agent(plan.supervisor).kind == "supervisor")
        case HandoffsPlan() as plan:
            chart.start([plan.start])
            for source, targets in plan.to.items():
                for to in targets:
                    chart.edge(source, to, "hands over")
        case FunctionPlan(name=name):
            chart.node(name, f'{{{{"{label(name.partition(" ")[0])}"}}}}')
            chart.start([name])
            for agent in names:
                chart.edge(name, agent, "chooses")
                chart.edge(agent, name)
        case GraphPlan() as plan:
            chart.start(plan.start)
            for place, edge in enumerate(plan.edges):
                _edge(chart, place, edge)
    text = "\n".join(chart.lines()) + "\n"
    return Exported(text, (_GENERAL, *size_of(text)))


def _supervised(chart: _Chart, plan: SupervisedPlan, *, finishes: bool) -> None:
    chart.start([plan.supervisor])
    for name in plan.team:
        chart.edge(plan.supervisor, name, "chooses")
        chart.edge(name, plan.supervisor)
    if finishes:
        chart.edge(plan.supervisor, END, "finishes")


def _edge(chart: _Chart, place: int, edge: EdgePlan) -> None:
    """One edge; several sources meet in a node of their own first, for all of them are waited for."""
    source = edge.source[0]
    if len(edge.source) > 1:
        source = f"join {place}"  # no name of an agent has a space
        chart.node(source, '{{"all of them"}}')
        for one in edge.source:
            chart.edge(one, source)
    words = [f"when {edge.when.partition(' ')[0]}"] if edge.when is not None else []
    words += [f"when {read_rule(edge.rule)}"] if edge.rule is not None else []
    words += [f"at most {edge.at_most} times"] if edge.at_most is not None else []
    for to in edge.to:
        chart.edge(source, to, ", ".join(words))
    if edge.on_cap is not None:
        chart.edge(source, edge.on_cap, f"after {edge.at_most} times", "-.->")


class _Chart:
    """Nodes and edges; ids stand for names."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """The whole chart."""
        return ["flowchart TD", *(f"    {line}" for line in self._lines)]

    def node(self, name: str, shape: str) -> None:
        """A node. shape: its brackets, with a label that was made fit."""
        self._lines.append(f"{self._id(name)}{shape}")

    def start(self, names: tuple[str, ...] | list[str]) -> None:
        """Where a run begins."""
        self._lines.append("begin((start))")
        self._lines += [f"begin --> {self._id(name)}" for name in names]

    def edge(self, source: str, to: str, words: str = "", arrow: str = "-->") -> None:
        """An edge; where it leads out of the team, the node is made."""
        for name, shape in ((END, '(["the end"])'), (PERSON, f'(["{PERSON}"])')):
            if to == name and name not in self._ids:
                self.node(name, shape)
        about = f'|"{label(words)}"|' if words else ""
        self._lines.append(f"{self._id(source)} {arrow}{about} {self._id(to)}")

    def _id(self, name: str) -> str:
        return self._ids.setdefault(name, f"n{len(self._ids)}")
