"""What members and the public report: forms, an interface for programs, and the queue of who looks through it."""
