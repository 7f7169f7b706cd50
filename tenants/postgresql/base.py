"""The backend's one difference: a tenant's search path is its own schema and nothing else.

With the public schema behind it, as django-tenants has it, a table that is missing in a tenant's
schema would be read and written in the platform's.
"""

from django_tenants.postgresql_backend import base


class DatabaseWrapper(base.DatabaseWrapper):
    def _get_cursor_search_paths(self) -> list[str]:
        base._check_schema_name(self.schema_name)
        return [self.schema_name]
