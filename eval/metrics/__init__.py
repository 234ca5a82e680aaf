"""What a matte scores against ground truth, and the one table of metrics."""
