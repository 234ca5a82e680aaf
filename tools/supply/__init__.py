"""What mattekit is built on: the locks, how they are installed, and the licences of what is in them."""
