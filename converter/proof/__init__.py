"""Proof that a form does what the original does: parity, and its contract by counterfactuals.

The room stands on `runners`, and measures what they run; what is recorded of a proof is in `forms`. `exactness`
compares the fast arrangement with the network itself, in PyTorch.
"""
