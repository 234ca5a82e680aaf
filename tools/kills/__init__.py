"""Commands killed at random moments, and what is left of them: how docs/robustness.md's table of kills is made."""
