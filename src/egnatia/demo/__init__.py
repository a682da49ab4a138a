"""The region on one machine: fictional organisations, lively sample data, and the processes that carry them."""
