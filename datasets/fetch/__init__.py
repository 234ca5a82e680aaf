"""Downloads, and photographs for backgrounds from public sources with their licences.

patience, answer, part <- download; download, backgrounds <- openimages
"""
