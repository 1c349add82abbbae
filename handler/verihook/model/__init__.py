"""The nouns: what an instance, a source and a workflow are. ``ports``: what the core needs of the world."""
