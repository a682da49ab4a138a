"""Nodes among themselves: each pulls what it may see of the others' feeds, live, and resumes by position."""
