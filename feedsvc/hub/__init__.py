"""The hub: subscribers of our feeds are told at once what is new (WebSub, W3C Recommendation 2018).

A process and an address of its own, `feedsvc hub`, for the feeds of this site alone. It follows the
catalogue, and needs no word from the processes that write and serve.
"""
