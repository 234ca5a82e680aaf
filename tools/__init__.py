"""Programs for who works on the toolkit, run from a clone as `python -m tools.NAME`; the toolkit needs none of them."""
