"""The path that a conversation took, as a Mermaid sequence diagram: who said what to whom, in the order of the log.

An arrow goes from whoever said something to those who were given the turn to answer it, and from an agent to itself
where it calls a tool. Refusals, failures and endings are notes. Model calls and programs are left out: their results
are the messages.
"""

from __future__ import annotations

from typing import Final

from agentchat.exchange.asides import arguments_of, aside, shown, whose
from agentchat.exchange.exported import Exported
from agentchat.exchange.mermaid_text import label, size_of
from agentchat.policy.charter import agreed_in
from agentchat.policy.fences import outside_fences
from agentchat.policy.routing.plans import FINISH
from agentchat.transcript.calls import ToolRecipe
from agentchat.transcript.events import Answered, CallStarted, Closed, Entry, Paused, RunStarted, Said, Taken, TurnGiven
from agentchat.transcript.messages import Body, Code, CodeResult, CodeRun, Direction, Handoff, outcome_line
from agentchat.transcript.transcript import Transcript

_GENERAL: Final = "everything but who said what to whom, tools, refusals, failures and endings; texts are cut"


def mermaid(transcript: Transcript) -> Exported:
    """The diagram."""
    path = _Path(transcript)
    for entry in transcript:
        path.take(entry)
    text = "\n".join(path.lines()) + "\n"
    return Exported(text, (_GENERAL, *size_of(text)))


class _Path:
    """The lines so far, and who takes part."""

    def __init__(self, transcript: Transcript) -> None:
        self._log = transcript
        self._agents = agreed_in(transcript).names
        self._answering = _answering(transcript)
        self._names: dict[str, str] = {}
        self._lines: list[str] = []
        self._person = "user"  # who spoke last from outside: answers go there

    def lines(self) -> list[str]:
        """The whole diagram."""
        found = ["sequenceDiagram"]
        for name, id in self._names.items():
            found.append(f"    {'participant' if name in self._agents else 'actor'} {id} as {label(name)}")
        return found + [f"    {line}" for line in self._lines]

    def take(self, entry: Entry) -> None:
        """The next entry."""
        match entry.event:
            case Said() as event:
                self._said(entry.seq, event)
            case CallStarted(agent=agent, recipe=ToolRecipe() as recipe):
                self._arrow(agent, agent, f"{recipe.name}({arguments_of(recipe)})")
            case Paused() as event:
                asker = self._log[event.call].event if 1 <= event.call <= len(self._log) else None
                agent = asker.agent if isinstance(asker, CallStarted) else event.to
                self._arrow(agent, event.to, event.question)
            case Answered() as event:
                self._note(event.by, f"answers: {shown(event.value)}")
            case RunStarted(run=run) if run > 1:
                self._over_all(f"run {run}")
            case Closed() as event:
                self._over_all(f"{event.outcome}: {event.reason}")
            case Taken():
                pass
            case _:
                self._aside(entry)

    def _said(self, seq: int, said: Said) -> None:
        body = self._log.body(seq)
        if said.turn is None:
            self._person = said.sender
        if isinstance(body, Direction) and body.next == FINISH:
            self._arrow(said.sender, self._person, f"finished. {shown(body.answer) if body.answer else ''}", "-->>")
        elif isinstance(body, Direction | Handoff):
            self._arrow(said.sender, body.next if isinstance(body, Direction) else body.to, body.text)
        elif self._answering.get(seq):
            for agent in self._answering[seq]:
                self._arrow(said.sender, agent, _gist(body))
        elif said.turn is not None:
            self._arrow(said.sender, said.to or self._person, _gist(body), "-->>")
        elif said.to is not None:
            self._arrow(said.sender, said.to, _gist(body))
        else:
            self._note(said.sender, _gist(body))

    def _aside(self, entry: Entry) -> None:
        told = aside(entry, self._log)
        if told is not None and told.turn:
            self._note(whose(told.turn, self._log), told.text)
        elif told is not None:
            self._over_all(told.text)

    def _arrow(self, source: str, to: str, text: str, arrow: str = "->>") -> None:
        self._lines.append(f"{self._id(source)}{arrow}{self._id(to)}: {label(text)}")

    def _note(self, who: str, text: str) -> None:
        self._lines.append(f"Note over {self._id(who)}: {label(text)}")

    def _over_all(self, text: str) -> None:
        ids = list(self._names.values()) or [self._id(self._person)]
        over = ids[0] if len(ids) == 1 else f"{ids[0]},{ids[-1]}"
        self._lines.append(f"Note over {over}: {label(text)}")

    def _id(self, name: str) -> str:
        return self._names.setdefault(name, f"n{len(self._names)}")


def _gist(body: Body) -> str:
    """What a message says in a few words: its prose, or what its programs came to."""
    if isinstance(body, CodeResult):
        return "; ".join(f"{outcome_line(run)[1:-1]}: {_printed(run)}" for run in body.runs)
    if isinstance(body, Code):
        return f"a program in {body.language}"
    return outside_fences(body.text).strip() or body.text


def _printed(run: CodeRun) -> str:
    """What a program printed; of one that only complained, the last line, which names the error; else what it saved."""
    saved = ", ".join(f"saved {file.name}" for file in run.files)
    return run.stdout or next((line for line in reversed(run.stderr.split("\n")) if line.strip()), saved or "nothing")


def _answering(transcript: Transcript) -> dict[int, list[str]]:
    """The agents that were given the turn to answer a message; those that were sent by name are told by that arrow."""
    found: dict[int, list[str]] = {}
    sent: str | None = None
    for entry in transcript:
        event = entry.event
        if isinstance(event, Said):
            body = transcript.body(entry.seq)
            sent = body.next if isinstance(body, Direction) else body.to if isinstance(body, Handoff) else None
        elif isinstance(event, TurnGiven):
            if event.to != sent:
                found.setdefault(event.subject, []).append(event.to)
            sent = None
    return {seq: list(dict.fromkeys(names)) for seq, names in found.items()}
