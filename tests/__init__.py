"""The tests: a package, since one of the installed ones is called so, too."""
