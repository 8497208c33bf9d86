"""Pure decisions: what was agreed, who is next, what ends a run, what may be spent, what an agent sees.

Everything here is a function of the transcript alone. No clock, no chance, no file, no network, no task.
"""
