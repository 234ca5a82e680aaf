"""The HTML page of a run: one file, readable offline."""
