"""Where transcripts are kept: memory, an SQLite file, or one JSONL file.

Each store implements the `Store` seam and passes the one conformance suite in `tests/stores`. A store keeps lines,
payloads and leases, and says no to whoever appends behind an old head. It never looks at what an event means, decides
nothing about a conversation, and holds no task: when a call returns, nothing of it runs on. `opening.open_store`
chooses the store for a path.
"""
