"""In and out: submit, the feed, peers, TAXII 2.1, import and export."""
