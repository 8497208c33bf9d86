"""The conversations of a store as a whole: listed, searched, and those that nobody wants any more chosen for removal.

What is said of one comes from its transcript (`summary`, `searching`, both pure); which belong together from a look at
each (`trees`). No terminal and no clock enters here: whoever asks says what time it is.
"""
