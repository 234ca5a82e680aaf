"""Proof that a form does what the original does: parity, and its contract by counterfactuals."""
