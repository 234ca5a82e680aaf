"""What all makers of sets share: named random numbers, draws by seed, processes, and a set made once and whole.

randomness, drawing, parallel <- sets
"""
