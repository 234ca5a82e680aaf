"""Sets as they are published, imported as foregrounds to compose, or as a set that is ready; and own footage.

layouts <- paths <- frames <- finding, record, estimate <- pixels <- foregrounds <- ready
without_truth <- pairs, video
"""
