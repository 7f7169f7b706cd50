"""Pages for what a tenant has one of, such as its closing rules. Knows no app."""
