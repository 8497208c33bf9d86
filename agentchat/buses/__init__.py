"""Carrying turns to hosts, and telling listeners what was entered."""
