"""Who the customers are: tenants, their domains, how they are provisioned and live."""
