"""Organisations: who uses the service, under which profile and with which numbers; its people; its application.

From the ground up: ``lifecycle`` what can happen to an application · ``models`` tables · ``roles members`` people ·
``schemas`` what each task asks · ``numbers proof tasks`` what is computed from answers · ``applications`` what the
applicant does · ``retention`` what is forgotten · ``letters`` mails · ``next_steps`` what to do now · ``resources`` the
tree · ``views`` the pages.
"""

from __future__ import annotations

from datetime import time
from typing import Any


def includeme(config: Any) -> None:
    from senfcall_avv.layout.navigation import people
    from senfcall_avv.organizations import history, next_steps, personal, resources, retention
    from senfcall_avv.root import Root

    config.add_directive("add_next_step", next_steps.add_next_step)
    for rank, row in next_steps.OWN_ROWS:
        config.add_next_step(rank, row)
    config.add_child(Root, "organizations", resources.OrganizationsResource)
    config.add_principals(resources.principals_of)
    config.add_job("applications-retention", time(3, 20), retention.run)
    config.add_main_link(resources.home_title, "/organizations", order=10, shown=people)
    history.declare(config)
    personal.declare(config)
    config.include("senfcall_avv.organizations.views")
