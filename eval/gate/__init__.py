"""The verdict on a run: against its original, and against a baseline."""
