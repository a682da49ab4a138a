"""Who said it: keys, attestations, sealing and the audit chain."""
