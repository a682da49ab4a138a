"""Threat intelligence at work: how much an indicator is worth, what it has to do with others, and what defences get."""
