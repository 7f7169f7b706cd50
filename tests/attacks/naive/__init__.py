"""A plain assembly of the same packages, as tutorials put them together: every attack succeeds here.

Its tables, columns and tasks are called as the product's, so that an attack can be the same for both.
"""
