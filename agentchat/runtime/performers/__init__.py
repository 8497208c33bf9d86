"""The kinds of calls, each of which prepares its request from the log and acts once."""
