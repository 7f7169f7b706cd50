"""Lists as files for spreadsheets. Knows no app; every CSV that the product gives out is made here."""
