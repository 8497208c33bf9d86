"""Conversations that are kept: going on with one, forking it, saying and answering something from outside.

A `Conversation` is one of these; here is what it can do with conversations that are there already.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from agentchat.errors import ConfigurationError, NoSuchConversation
from agentchat.forking import NO_REASON, Branch, Edit, fork
from agentchat.history import answer, say
from agentchat.policy.amending import amendments
from agentchat.policy.charter import InDoubt
from agentchat.result import Result
from agentchat.run import USER, Run, Terms, only_one_in
from agentchat.runtime.questions import Question, pause_of
from agentchat.runtime.tape import Sources, Tape, sources_of
from agentchat.seams import Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.reading import load
from agentchat.transcript.events import Event
from agentchat.transcript.transcript import Transcript


class Kept:
    """A team and the store where its conversations are. source: the id of one, or a transcript file."""

    terms: Terms
    store: Store

    async def resume(
        self,
        source: str | Path,
        *,
        say: BaseModel | str | None = None,
        in_doubt: InDoubt | None = None,
        override: str | None = None,
        id: str | None = None,
    ) -> Result:
        """Go on with a conversation where it stopped, and drive it until it ends.

        source: the id of a conversation in the store, or a transcript file, which is then written on. A run that was
        cut off goes on; one that ended by a limit, an interruption or a failure gets a new run; one that is done stays
        as it is, unless `say` gives it something new. override: go on although team or rules are not those that were
        agreed on, for this reason; the change is recorded. id: the caller's own of this command: what was said under it
        before is not said again. in_doubt: as for `Conversation`, this once.

        Raises NoSuchConversation, LeaseHeld while another process runs it, AgreementChanged when team or rules are not
        those it was opened with, CallUnsettled when a call may or may not have had its effect and in_doubt says to ask.
        """
        async with self.reopen(source, say=say, in_doubt=in_doubt, override=override, id=id, attended=False) as run:
            return await run.wait()

    def reopen(
        self,
        source: str | Path,
        *,
        say: BaseModel | str | None = None,
        in_doubt: InDoubt | None = None,
        override: str | None = None,
        id: str | None = None,
        to: str | None = None,
        attended: bool = True,
    ) -> Run:
        """As `resume`, as a live run; to, attended: as for `open`."""
        store, where = self._located(source)
        return Run(
            self.terms,
            store,
            where,
            say,
            resume=True,
            in_doubt=in_doubt or self.terms.charter.in_doubt,
            attended=attended,
            override=override,
            command=id,
            to=to,
        )

    async def read(self, source: str | Path) -> Transcript:
        """A conversation as it stands, for `why`, `request`, `replay` and `diff`. Nothing is run.

        Raises NoSuchConversation, or a TranscriptError for one that is damaged.
        """
        store, where = await self._found(source)
        return await load(store, where)

    async def fork(
        self,
        source: str | Path,
        *,
        at: int | None = None,
        say: BaseModel | str | None = None,
        edits: Sequence[Edit] = (),
        calls: Sources = "live",
        name: str | None = None,
        by: str = USER,
        reason: str | None = None,
    ) -> Result:
        """Go on from any position of a conversation, perhaps changed, as a branch; the conversation stays as it is.

        at: the event to go on behind; by default the one that the first edit is about, else the end. say: what is said
        there. edits: messages and results that are to read differently (`Edit`). Where this team, its rules or its
        budget are not those that were agreed on, the branch goes on under these, and its record says so. calls: whether
        calls are made ("live"), taken from what the conversation did behind the fork and from nothing else
        ("recorded"), or made only where it has none like them ("known"); also by kind of call, such as
        {"tool": "recorded"}. name: the branch is called `<conversation>.<name>`; forking the same under the same name
        again goes on with that branch.

        Raises NoSuchConversation, NoSuchEvent, EditRefused, ConversationExists for a name that is taken.
        """
        begun = await self.branch(source, at=at, edits=edits, anew=say is not None, name=name, by=by, reason=reason)
        async with self.go_on(begun, say=say, calls=calls, attended=False) as run:
            return await run.wait()

    async def branch(
        self,
        source: str | Path,
        *,
        at: int | None = None,
        edits: Sequence[Edit] = (),
        anew: bool = False,
        name: str | None = None,
        by: str = USER,
        reason: str | None = None,
    ) -> Branch:
        """Begin a branch and do not run it: `go_on` does, now, and `resume` with its id at any time.

        anew: give up turns that were going on at the position, rather than go on with what is recorded of them.
        """
        store, id = await self._found(source)
        terms, why = self.terms, reason or NO_REASON

        def amend(log: Transcript) -> list[Event]:
            return amendments(log, terms.charter, terms.until, terms.budget, author=by, reason=why)

        return await fork(
            store,
            id,
            at=at,
            edits=edits,
            amend=amend,
            anew=anew,
            name=name,
            author=by,
            reason=reason,
            clock=terms.clock,
        )

    def go_on(
        self,
        branch: Branch,
        *,
        say: BaseModel | str | None = None,
        to: str | None = None,
        calls: Sources = "live",
        attended: bool = True,
    ) -> Run:
        """A live run of a branch that was begun: `async with chat.go_on(branch) as run`."""
        given, tape = sources_of(calls), None
        if set(given.values()) != {"live"}:
            tape = Tape(branch.record, given, after=branch.at)
        return Run(
            self.terms,
            branch.store,
            branch.id,
            say,
            resume=True,
            in_doubt=self.terms.charter.in_doubt,
            attended=attended,
            tape=tape,
            command=None if say is None else f"{branch.id}:say",
            repeated=branch.known,
            to=to,
        )

    async def say(
        self,
        source: str | Path,
        text: BaseModel | str,
        *,
        to: str | None = None,
        sender: str = USER,
        id: str | None = None,
    ) -> int:
        """Say something to a conversation that another process runs; it is heard from the next turn on.

        Returns its sequence number once it is stored. id: the caller's own of this command; the same id again says
        nothing more, and returns the first one's number. Raises ConversationClosed when no run is going on there.
        """
        store, where = await self._found(source)
        return await say(store, where, text, to=to, sender=sender, clock=self.terms.clock, id=id)

    async def answer(
        self, source: str | Path, question: str | Question, value: object, *, by: str = USER, id: str | None = None
    ) -> int:
        """Answer a question that a conversation waits with; resume the conversation to go on with it.

        question: one of `result.questions`, or its id. value: as for `Run.answer`. Returns its sequence number once it
        is stored; id: as for `say`. Raises ConfigurationError for a question that is not open, or an answer that does
        not fit; nothing is written then.
        """
        store, where = await self._found(source)
        return await answer(store, where, pause_of(question), value, by=by, clock=self.terms.clock, id=id)

    async def _found(self, source: str | Path) -> tuple[Store, str]:
        store, id = self._located(source)
        return store, await only_one_in(store) if id is None else id

    def _located(self, source: str | Path) -> tuple[Store, str | None]:
        if not isinstance(source, str | os.PathLike):
            raise ConfigurationError(
                f"a conversation is named by its id (result.conversation), or a file, not by {type(source).__name__}"
            )
        path = Path(source)
        if isinstance(source, Path) or path.suffix == ".jsonl" or path.is_file():
            if not path.is_file():
                raise NoSuchConversation(f"there is no file {path}")
            return JsonlStore(path), None
        return self.store, str(source)
