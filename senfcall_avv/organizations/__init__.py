"""Organisations: who uses the service, under which profile and with which numbers."""
