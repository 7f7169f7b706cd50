"""What tenants do."""
