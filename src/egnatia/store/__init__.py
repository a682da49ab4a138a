"""Where records live: the log, its indexes, search, erasure. SQLite or PostgreSQL by URL."""
