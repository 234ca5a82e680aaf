"""Where a run comes from: the software, models and set that made it, as a bill of materials."""
