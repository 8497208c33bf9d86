"""The live run: entering events, giving turns, making calls. Effects live here; decisions live in `policy`."""
