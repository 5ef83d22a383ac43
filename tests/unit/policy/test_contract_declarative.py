"""The shipped engine keeps what every engine promises."""

from contracts_of.policy_engine import PolicyEngineContract

from senfcall_avv.policy.declarative import Declarative


class TestDeclarative(PolicyEngineContract):
    engine = Declarative
