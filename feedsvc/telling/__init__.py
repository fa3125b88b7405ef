"""Telling: what is wrong with files reaches the press office, by mail, feed or a text file.

A process of its own does it (`telling.process`), and only if it is set up. It follows the
catalogue, keeps what it has told in a database of its own, and never holds up the writer.
"""
