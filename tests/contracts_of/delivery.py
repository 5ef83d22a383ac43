"""What every way to hand a mail over must do."""

from __future__ import annotations

import pytest

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.delivery import Delivery
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.mail.sending import send_waiting
from senfcall_avv.mail.services import values_of
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import Settings
from tests.factories.mails import NOW, make_mail


class DeliveryContract:
    """To be inherited; subclasses give ``settings`` and ``delivery``."""

    @pytest.fixture
    def settings(self) -> Settings:
        raise NotImplementedError

    @pytest.fixture
    def delivery(self, settings: Settings) -> Delivery:
        raise NotImplementedError

    def test_what_is_due_is_sent_once(
        self, session_factory: SessionFactory, key_ring: KeyRing, settings: Settings, delivery: Delivery
    ) -> None:
        mail_id = make_mail(session_factory)
        first = send_waiting(session_factory, key_ring, settings, delivery, NOW)
        second = send_waiting(session_factory, key_ring, settings, delivery, NOW)
        assert (first.sent, second.sent) == (1, 0)
        with session_scope(session_factory, write=False) as session:
            mail = session.get_one(OutgoingMail, mail_id)
            assert (mail.state, mail.ended_at, mail.attempts, mail.error) == (MailState.SENT, NOW, 1, None)

    def test_what_a_mail_was_made_from_goes_with_it_unless_it_stays_to_be_looked_at(
        self, session_factory: SessionFactory, key_ring: KeyRing, settings: Settings, delivery: Delivery
    ) -> None:
        mail_id = make_mail(session_factory)
        send_waiting(session_factory, key_ring, settings, delivery, NOW)
        with session_scope(session_factory, write=False) as session:
            kept = values_of(key_ring, session.get_one(OutgoingMail, mail_id))
        assert (kept is not None) is delivery.keeps_values
