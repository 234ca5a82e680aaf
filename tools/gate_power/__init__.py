"""How often the gate is wrong on a stored run: `python -m tools.gate_power RUN`."""
