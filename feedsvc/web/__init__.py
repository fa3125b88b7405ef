"""HTTP: requests to the serving processes, and their responses."""
