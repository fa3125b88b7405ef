"""feedsvc publishes a directory of text files as feeds and permanent pages."""
