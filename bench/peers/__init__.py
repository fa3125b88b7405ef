"""The peers that are Python: the same feed, the way each of them makes one."""
