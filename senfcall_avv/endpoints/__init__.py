"""Endpoints: the key in the address and the secrets that sign, stored sealed and read by the gateway from memory."""
