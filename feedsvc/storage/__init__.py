"""Storage: the SQLite catalogue of entries, derived from the entry files."""
