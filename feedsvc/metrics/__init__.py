"""Metrics for Prometheus: what serving processes count, and how the desk's process gives it out.

Counts are plain numbers in the memory of each serving process, which publishes them in a file of
its own. Nothing of this is loaded without the setting `desk.metrics`.
"""
