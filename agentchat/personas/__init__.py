"""Persona files: Markdown with YAML front matter, read into a checked `Persona`, with the line of whatever is wrong.

    ---
    name: coder
    description: Solves a task by writing Python.
    kind: assistant
    model: smart
    ---
    You solve tasks by writing Python programs. ...

Nothing is made of a persona here: no agent, no model, no sandbox, no tool (that is `teams`). A persona file is data:
reading one imports, calls and unpickles nothing that it names. Files of two other programs are read as they are
(`dialects`). `yaml` is imported with the first file that is read.
"""

from agentchat.personas.persona import Dialect as Dialect
from agentchat.personas.persona import Origin as Origin
from agentchat.personas.persona import Persona as Persona
from agentchat.personas.places import find_persona as find_persona
from agentchat.personas.places import own_folder as own_folder
from agentchat.personas.places import persona_files as persona_files
from agentchat.personas.places import shipped_folder as shipped_folder
from agentchat.personas.places import shipped_personas as shipped_personas
from agentchat.personas.reading import parse_persona as parse_persona
from agentchat.personas.reading import read_persona as read_persona
