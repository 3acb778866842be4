"""Our way to Postgres."""
