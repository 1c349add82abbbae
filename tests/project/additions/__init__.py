"""Parts that tests/project/test_additions.py adds to a copy of the tree, each with the tests that meet it there."""
