"""What tenants do: orders, how they are imported, and how old ones are closed."""
