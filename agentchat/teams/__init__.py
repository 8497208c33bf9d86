"""From descriptions to teams: personas and team files make a new one, a recorded charter makes the old one again.

Here descriptions meet the classes that do the work. Nothing is run, opened or written, and nothing that a file or a
record names by import path is loaded, unless the user says that it is trusted.
"""

from agentchat.teams.bounds import Bounds as Bounds
from agentchat.teams.files import Stops as Stops
from agentchat.teams.files import load_team as load_team
from agentchat.teams.files import read_stops as read_stops
from agentchat.teams.files import read_team as read_team
from agentchat.teams.files import team_files as team_files
from agentchat.teams.members import team_of as team_of
from agentchat.teams.models import Models as Models
from agentchat.teams.named_code import NamedCode as NamedCode
from agentchat.teams.rebuilding import rebuild as rebuild
from agentchat.teams.rebuilding import rebuild_team as rebuild_team
from agentchat.teams.team import Team as Team
from agentchat.teams.team import team_of_personas as team_of_personas
