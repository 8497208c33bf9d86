"""The parts of `debug.diff`: runs cut into units, units laid side by side, events compared by what they say.

Nothing here prints, and no event is compared by its place or its clock.
"""
