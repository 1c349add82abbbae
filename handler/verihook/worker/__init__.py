"""Runs workflows that are functions, and records what the engines say of theirs."""
