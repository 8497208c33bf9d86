"""The demo: a scripted coder and a runner that really runs its programs. No key, no network, the same every time.

Only what is said is scripted. The first program has a bug that shows when it runs; what the runner answers comes out
of the sandbox. A demo that was cut off is gone on with like any other conversation (`teams.rebuild_team`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from agentchat.errors import ModelRejected
from agentchat.models.function import named_card
from agentchat.models.replies import text_reply
from agentchat.policy.cards import ModelCard
from agentchat.policy.prompts.request import ChatMessage, ModelRequest
from agentchat.policy.rules import MaxTurns, Mentions, Rule
from agentchat.transcript.calls import Reply

MODEL_NAME: Final = "demo-script"
TASK: Final = "Print the 10th prime number."
UNTIL: Final[Rule] = Mentions("DONE", by="coder") | MaxTurns(8)

_FIRST: Final = """\
I collect primes until there are ten of them, then print the last.

```python
primes = []
number = 2
while len(primes) < 10:
    if all(number % prime for prime in primes):
        primes.append(number)
    number += 1
print(primes[10])
```
"""
_SECOND: Final = """\
The list holds ten primes, so its last index is 9 and not 10. With that put right:

```python
primes = []
number = 2
while len(primes) < 10:
    if all(number % prime for prime in primes):
        primes.append(number)
    number += 1
print(primes[9])
```
"""
_THIRD: Final = "The program printed 29, and counting by hand agrees: the 10th prime number is 29. DONE"


_NO_MORE: Final = (
    "the demo's script ends here; to go on with a real model, branch off: "
    "agentchat fork FILE|ID --edit 'model coder: NAME' --say '...'"
)


class DemoModel:
    """The coder's script: each reply to what the runner showed. `delay` is the seconds that each takes, for people.

    It goes by what it is shown and not by its calls, so that one who stops the demo and resumes it is told no lies.
    """

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay

    def card(self) -> ModelCard:
        """The name; there are no settings."""
        return named_card(MODEL_NAME)

    async def complete(self, request: ModelRequest, emit: Callable[[str], None]) -> Reply:
        """The reply that is due, word by word. Raises ModelRejected where the script is over."""
        reply = _due(request.messages)
        if self._delay > 0:
            await anyio.sleep(self._delay)
        for piece in re.findall(r"\S+\s*|\s+", reply):
            emit(piece)
            await checkpoint()
        return text_reply(reply)


def _due(messages: Sequence[ChatMessage]) -> str:
    if any(message.role == "assistant" and message.content == _THIRD for message in messages):
        raise ModelRejected(_NO_MORE)
    shown = [message.content for message in messages if message.role == "user"]
    if any("\n29" in text for text in shown):
        return _THIRD
    return _SECOND if any("IndexError" in text for text in shown) else _FIRST
