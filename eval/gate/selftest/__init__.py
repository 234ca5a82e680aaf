"""Proof that the gate can turn red: faults put into copies of a run."""
