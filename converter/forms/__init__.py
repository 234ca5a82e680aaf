"""What a converted form is: its contract, and the record of its conversion."""
