"""Media: the pictures and documents that belong to entries."""
