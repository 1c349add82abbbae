"""A delivery: verified, understood, taken, and remembered where it is refused."""
