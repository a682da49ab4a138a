"""Taking back what one published, and who has complied."""
