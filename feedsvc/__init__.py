"""Publish a folder of text files as feeds and permanent pages."""

__version__ = "1.0.0"
