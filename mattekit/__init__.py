"""The command line: `mattekit <verb>`, also `python -m mattekit`."""
