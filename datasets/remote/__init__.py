"""Sets in a store of objects: listed at once, fetched into a bounded cache when they are decoded.

path <- client <- store <- sets; cache <- store
"""
