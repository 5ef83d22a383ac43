"""The plugins' branch of the tree: ``b / <key> / bigbluebutton / api``, and views named like BBB's calls.

No row is loaded on the way: the tween has found the organisation in memory before traversal begins.
"""

from __future__ import annotations

from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL, Allow, Everyone

from senfcall_avv.endpoints.keys import KEY
from senfcall_avv.root import Resource


class ApiResource(Resource):
    """``/b/<key>/bigbluebutton/api``. Who signed may call; everything else was decided in the tween."""

    __acl__ = ((Allow, Everyone, ALL_PERMISSIONS), DENY_ALL)


class BigBlueButtonResource(Resource):
    """``/b/<key>/bigbluebutton``."""

    below = (("api", ApiResource),)

    def child(self, name: str) -> Resource | None:
        return ApiResource(self.request, name, self) if name == "api" else None


class KeyResource(Resource):
    """``/b/<key>``."""

    below = (("bigbluebutton", BigBlueButtonResource),)

    def child(self, name: str) -> Resource | None:
        return BigBlueButtonResource(self.request, name, self) if name == "bigbluebutton" else None


class GatewayResource(Resource):
    """``/b``: the door of the plugins."""

    below = (("<key>", KeyResource),)

    def child(self, name: str) -> Resource | None:
        return KeyResource(self.request, name, self) if KEY.fullmatch(name) else None
