"""Benchmarks: what the product's promises about speed and cost rest on."""
