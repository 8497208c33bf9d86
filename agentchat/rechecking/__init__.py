"""Replay that verifies: a saved run is decided again, its prompts are put together again, its agents act again.

Nothing here calls a model, a program or a tool, asks a person, or writes anywhere.
"""

from agentchat.rechecking.fixture import Recorded as Recorded
from agentchat.rechecking.found import Found as Found
from agentchat.rechecking.found import LeftOut as LeftOut
from agentchat.rechecking.recordings import Recording as Recording
from agentchat.rechecking.recordings import assert_replays as assert_replays
from agentchat.rechecking.replayed import Replayed as Replayed
from agentchat.rechecking.replaying import recheck as recheck
from agentchat.rechecking.replaying import replay as replay
