"""A delivery: verified, understood, taken, and remembered if it is refused."""
