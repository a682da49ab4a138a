"""A record as a person reads it: every type, its history, what it is linked to, who sees it and what proves it."""
