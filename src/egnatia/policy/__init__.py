"""Who may see and do what: labels, clearances and the decision between them. Pure: no clock, no I/O."""
