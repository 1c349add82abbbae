"""The adapters: what implements the ports, in AWS and on one machine. Only bootstrap chooses among them."""
