"""For those who run the service: serving, settings, keys, the database, a look at the running configuration."""
