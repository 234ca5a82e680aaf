"""Published models, fetched once, verified at every use.

wanted <- lock <- store
"""
