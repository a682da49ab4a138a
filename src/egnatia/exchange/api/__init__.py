"""The HTTP API under /api/v1/, the live feed, and the application that carries them with TAXII."""
