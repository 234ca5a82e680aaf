"""Photographs for backgrounds, fetched from public sources with their licences.

download, backgrounds <- openimages
"""
