"""Formats of others, in and out. A reader is pure: bytes in, records out, and a list of all that did not come along."""
