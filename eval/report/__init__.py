"""A run as pages and pictures: markdown, and HTML that is read offline."""
