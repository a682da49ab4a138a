"""The shell of pages."""
