"""What the ports stand for: AWS, and the one machine. Only bootstrap chooses among them."""
