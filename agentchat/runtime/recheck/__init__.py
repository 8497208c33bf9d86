"""A turn run again on its record: the agent's code as it runs live, every call answered by what is written."""
