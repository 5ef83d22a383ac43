"""BigBlueButton's HTTP API as it really is: calls, checksums, documents, catalogue.

Free of web framework, database and HTTP client, so that the gateway, the policy, the simulator and the benchmarks share
one understanding of the protocol.
"""
