"""Why something happened, in plain words, from the record alone: chains of causes, and why a run had not ended.

`chain` puts the steps together; each other file tells of one kind of events. Never here: deciding anything, and how an
explanation is shown.
"""

from agentchat.debug.why.chain import why as why
from agentchat.debug.why.endings import not_ended as not_ended
from agentchat.debug.why.steps import Chain as Chain
from agentchat.debug.why.steps import Detail as Detail
from agentchat.debug.why.steps import Step as Step
from agentchat.debug.why.steps import lines_of as lines_of
