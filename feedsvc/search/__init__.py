"""Full-text search: an index that follows the catalogue, queries, and their results."""
