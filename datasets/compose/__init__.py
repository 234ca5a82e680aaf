"""Sets composed of foregrounds and backgrounds.

placing, credits <- run <- recipe
"""
