"""For development: everything started at once with invented data. Refuses to work in production."""
