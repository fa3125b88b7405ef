"""The outbox: what became public, changed or was withdrawn is told to search engines and hubs.

A process of its own, started by the writer if the settings ask for it (`companions`).
"""
