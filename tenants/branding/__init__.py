"""How a tenant's site and mails look like the tenant's own: name, logo and accent colour."""
