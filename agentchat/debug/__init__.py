"""Questions to a saved run, answered from the record alone: no model, no side effect, no need of the user's code."""
