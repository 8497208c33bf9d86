"""Rules that end a run. They are data: written into `RunStarted`, read back from there, joined with `|`, `&` and `~`.

A rule without joints is a *leaf*. A leaf is shown each event of the run in order and answers whether it has come
true there; once true it stays true for the run, so `a & b` means that both have happened. A leaf remembers nothing
itself: what it needs is counted on the `Board`, or kept beside it as the leaf's `memory`. The specific ending wins
over the generic cap: of several leaves that are true, content rules come before limits.

`core` holds what all rules share, `limits`, `content`, `where` and `stalemate` the leaves, `verdict` what they mean
together; `explain` (why a rule has not come true) looks at a whole `State` and is imported by its own name.
"""

from agentchat.policy.rules.content import Emitted as Emitted
from agentchat.policy.rules.content import From as From
from agentchat.policy.rules.content import HandedTo as HandedTo
from agentchat.policy.rules.content import Mentions as Mentions
from agentchat.policy.rules.content import Says as Says
from agentchat.policy.rules.core import AllOf as AllOf
from agentchat.policy.rules.core import AnyOf as AnyOf
from agentchat.policy.rules.core import AnyRule as AnyRule
from agentchat.policy.rules.core import Judge as Judge
from agentchat.policy.rules.core import Leaf as Leaf
from agentchat.policy.rules.core import Not as Not
from agentchat.policy.rules.core import Rule as Rule
from agentchat.policy.rules.core import read_rule as read_rule
from agentchat.policy.rules.limits import TURN_ENDS as TURN_ENDS
from agentchat.policy.rules.limits import Elapsed as Elapsed
from agentchat.policy.rules.limits import External as External
from agentchat.policy.rules.limits import Failures as Failures
from agentchat.policy.rules.limits import MaxMessages as MaxMessages
from agentchat.policy.rules.limits import MaxTurns as MaxTurns
from agentchat.policy.rules.limits import Never as Never
from agentchat.policy.rules.spoken import Ear as Ear
from agentchat.policy.rules.spoken import Spoken as Spoken
from agentchat.policy.rules.stalemate import Stalemate as Stalemate
from agentchat.policy.rules.verdict import Fired as Fired
from agentchat.policy.rules.verdict import verdict as verdict
from agentchat.policy.rules.where import Condition as Condition
from agentchat.policy.rules.where import Where as Where
