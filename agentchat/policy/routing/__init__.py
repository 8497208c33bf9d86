"""Who is next, and which message they answer. A choice carries its reason, its candidates and the values behind it.

`plans` are the ways of choosing as data, as the charter keeps them; each has a file with its decision. All of them ask
the board only: nothing is remembered here.
"""
