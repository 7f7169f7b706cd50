"""The SQL that makes a tenant's schema at once, as all migrations together would have made it.

Read from a schema that was migrated, proven by making another of it, and kept for the code that it
was made by: whatever else is known of migrations stays true, only faster.
"""
