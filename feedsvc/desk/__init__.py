"""The desk: what becomes of each file, and previews, for the press office alone.

It is served by a process of its own, on a port of its own, to whoever has the key. Nothing
can be changed there.
"""
