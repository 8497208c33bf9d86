"""The demo: a scripted coder and a runner that really runs its programs. No key, no network, the same every time.

Only what is said is scripted. The first program has a bug that shows when it runs; what the runner answers comes out
of the sandbox. A demo that was cut off is gone on with like any other conversation (`teams.rebuild_team`).
"""

from __future__ import annotations

import re
from typing import Final

from agentchat.models.scripted import Chunks, ScriptedModel
from agentchat.policy.rules import MaxTurns, Mentions, Rule

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


def demo_model(*, delay: float = 0.0) -> ScriptedModel:
    """The coder's script. `delay` is the seconds that each reply takes, for people who watch."""
    replies = [Chunks(tuple(re.findall(r"\S+\s*|\s+", reply))) for reply in (_FIRST, _SECOND, _THIRD)]
    return ScriptedModel(replies, name=MODEL_NAME, delay=delay)
