"""Sets as they are published, imported as foregrounds to compose, or as a set that is ready.

layout <- layouts <- finding, record, estimate <- pixels <- foregrounds <- ready
"""
