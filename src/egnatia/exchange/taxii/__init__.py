"""A TAXII 2.1 server over the one feed: translate in, ask the store under the reader's clearance, translate out."""
