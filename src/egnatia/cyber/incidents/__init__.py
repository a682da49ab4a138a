"""Incidents that cross borders/boundaries: the regional protocol, its profiles by economy, classification."""
