"""Purging: caches in front are told what has changed, so that they ask for it anew.

A process of its own, started by the writer if the settings ask for it (`companions`).
"""
