"""Where programs run that nobody trusts: written by a model, started for a person who has not read them.

One room a kind of boundary. `choosing` picks one by name; nothing here ever falls back to the host by itself. What
enters is source text and limits, what leaves is a `CodeRun`: no conversation, no agent, no store is known here.
"""
