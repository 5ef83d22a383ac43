"""The ledger: how often which call and which parameter was passed on, left out, changed or refused, and why.

It keeps names, counts and reasons, never a value.
"""
