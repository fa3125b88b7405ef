"""Writes the whole site as files, to a folder or to a store that speaks S3.

A wing: nothing in the core imports it. What it writes is what the service answers, asked within
this process.
"""
