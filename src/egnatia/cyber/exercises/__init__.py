"""Exercises: scenarios as data, played with the real protocol on simulated time, scored by what was done."""
