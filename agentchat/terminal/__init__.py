"""What people see in a terminal: text made harmless, entries as rich renderables, and a printer for live runs.

`sanitize` and `view` are pure: no clock, no file, no terminal is asked there. Nothing here decides or records
anything.
"""
