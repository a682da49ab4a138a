"""Cyber: incidents that cross borders/boundaries, and the exercises for them."""
