"""What a matte is laid over, and how."""
