"""How the bundled checkpoint was made: a resumable recipe on composites of the synthetic generator."""
