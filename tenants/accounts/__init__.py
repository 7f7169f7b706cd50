"""People: the users of a tenant, in its schema, and the platform's staff, in the public one."""
