"""Every reader fed with broken files: each ends in an error of the toolkit's, or reads the file."""
