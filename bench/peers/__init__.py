"""The peers in Python: the same feed, made as is usual with each library."""
