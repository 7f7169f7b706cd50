"""django-tenants' database backend, with tenants walled off from the public schema."""
