"""Who changed what, when and from where: in each schema a table that can only be added to."""
