"""Cases: declared workflows, the fold of signed events, deadlines, parties. The core is pure: no clock, no I/O."""
