"""Photographs fetched from public sources, with their licences."""
