"""What the admins of several apps share: a page of one row, a list of very many. Knows no app."""
