"""Sample sets: read, checked, made, fetched, imported and composed.

The rooms stand on floors; each imports only from those to its left:

    mismatch <- samples <- making <- synthetic, people <- fetch, importing <- compose <- bundled
"""
