"""The writer process: it keeps the catalogue true to the entries folder."""
