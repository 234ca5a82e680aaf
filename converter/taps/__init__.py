"""Taps: one way to read the inner tensors of every form of the network, a few at a time.

They live beside the runners because a form is to be read through the code that runs it, and only `converter` knows the
frameworks.
"""
