"""The pure record: messages, calls, events, the chain of stored lines, and the append-only log of them.

Nothing here may read a clock, draw a random number, open a socket or start a task; `Transcript.save` and `load` are
the only touch of a file, when a caller asks for it.
"""
