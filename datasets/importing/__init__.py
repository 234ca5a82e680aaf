"""Sets as they are published, imported as foregrounds to compose, or as a set that is ready.

layouts <- paths <- frames <- finding, record, estimate <- pixels <- foregrounds <- ready
"""
