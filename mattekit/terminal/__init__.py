"""What every verb shares: where output goes, and common options."""
