"""Numbers, tables and figures, the same on every page."""
