"""Importing: texts of another system in, entry files out. A wing that nothing else imports.

`run` is its door. A new kind of source is a class that yields `item.Item`s, and a line in
`run._opened`.
"""
