"""Bringing the schemas of a whole fleet up to date: only those that are behind, several at once."""
