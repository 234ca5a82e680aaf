"""What a converted form is: its contract, what a step has made, what was proved, and the record of the conversion."""
