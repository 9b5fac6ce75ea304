"""Publication: the reporting tables as BI tools read them."""
