"""A BigBlueButton backend for development, tests and demonstrations: its protocol, its documents, its weaknesses.

It answers over real HTTP as the chosen BBB version does, holds meetings and people in memory under a clock that can be
moved, shows plain pages in place of the meeting client, and can be told to misbehave.
"""

from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.server import Running, serve_in_thread
from senfcall_avv.simulator.state import Settings

__all__ = ("Running", "Settings", "Simulator", "serve_in_thread")
