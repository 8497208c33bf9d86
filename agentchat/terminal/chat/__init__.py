"""The chat in a terminal: a prompt that stays, and above it a conversation that is only ever appended to.

`inline`, `rows`, `stream` (Markdown as it arrives), `said` (what a typed line means), `status`, `turns` and `menu` are
pure. `screen` alone writes to the terminal, `line` alone runs conversations, and `session` joins them: it subscribes to
the items of a `Run` and issues the commands that any script has. Nothing here decides or records anything.
"""
