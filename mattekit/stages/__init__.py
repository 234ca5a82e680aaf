"""Stages of work put together: each computes with what is below, and writes whole folders and pages once."""
