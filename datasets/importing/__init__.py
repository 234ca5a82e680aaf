"""Real sets, each in the layout it is published in, made into foregrounds to compose, or into a set that is ready."""
