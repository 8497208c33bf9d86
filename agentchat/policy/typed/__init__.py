"""Typed answers: their schemas, reading what a model wrote, and whether it fits."""
