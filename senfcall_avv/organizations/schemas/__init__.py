"""What each task of the application asks: one table of fields per page, from which forms, checks and lists are made."""
