"""The nouns: what an instance, a source and a workflow are, and, in ports, what the core needs of the world."""
