"""Benchmarks: each prints a figure beside a floor measured in the same run, and their ratio. `make bench`.

Machines differ and are noisy: medians, and ratios to the floor, are what can be compared. Nothing here is asserted.
"""
