"""Addresses of this room's pages for mails. They are made from the setting alone, never from what a request says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """``public_url`` has no slash at its end."""

    public_url: str

    @property
    def login(self) -> str:
        return f"{self.public_url}/login"

    @property
    def reset(self) -> str:
        return f"{self.public_url}/reset"

    @property
    def account(self) -> str:
        return f"{self.public_url}/account"

    def confirm(self, token: str) -> str:
        return f"{self.public_url}/confirm?token={token}"

    def new_password(self, token: str) -> str:
        return f"{self.public_url}/reset?token={token}"

    def new_address(self, token: str) -> str:
        return f"{self.public_url}/confirm?address={token}"
