"""What a release needs besides make; no part of the package."""
