"""What a backend writes: documents that it would not write, words for failures, redirects with errors inside."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from product import Plugin, Product, outcome, read

from senfcall_avv.bbb.errors import MESSAGES
from senfcall_avv.simulator.app import Simulator

CREATE = {"name": "ab", "meetingID": "x1"}
JOIN = {"fullName": "Ada", "meetingID": "x1", "password": "mp77"}


GOOD = "<returncode>SUCCESS</returncode>"
RESPONSE = f"<response>{GOOD}</response>"
RUNNING = f"{GOOD}<running>true</running>"
BODIES = {
    "B08-external-dtd": '<!DOCTYPE response SYSTEM "{url}/x.dtd">' + RESPONSE,
    "B08-parameter-entity": '<!DOCTYPE response [<!ENTITY % p SYSTEM "{url}/p">%p;]>' + RESPONSE,
    "B08-external-entity": f'<!DOCTYPE response [<!ENTITY e SYSTEM "{{url}}/e">]><response>{GOOD}<x>&e;</x></response>',
    "B08-lower-case-doctype": "<!doctype response>" + RESPONSE,
    "B09-depth-300": f"<response>{GOOD}{'<a>' * 300}{'</a>' * 300}</response>",
    "B09-nine-megabytes": f"<response>{GOOD}<x>{'x' * 9_000_000}</x></response>",
    "B09-utf-7": '<?xml version="1.0" encoding="UTF-7"?><response><returncode>+ADw-SUCCESS</returncode></response>',
    "B09-prefixed-root": f'<b:response xmlns:b="urn:x">{GOOD}</b:response>',
    "B09-namespaced-root": f'<response xmlns="urn:x">{GOOD}</response>',
    "B09-trailing-garbage": RESPONSE + "garbage",
    "B09-second-document": RESPONSE + "<response/>",
    "B10-empty": "",
    "B10-empty-response": "<response/>",
    "B10-other-word": "<response><returncode>MAYBE</returncode></response>",
    "B10-deeper-returncode": f"<response><metadata>{GOOD}</metadata></response>",
    "B10-returncode-with-element": "<response><returncode><x>SUCCESS</x></returncode></response>",
    "B11-vertical-tab": f"<response>{GOOD}<x>a\x0bb</x></response>",
    "B11-reference-to-it": f"<response>{GOOD}<x>a&#11;b</x></response>",
    "B11-surrogate": f"<response>{GOOD}<x>\xed\xa0\x80</x></response>",
    "B11-not-a-character": f"<response>{GOOD}<x>\xef\xbf\xbe</x></response>",
    "B11-latin-1": f"<response>{GOOD}<x>\xe4</x></response>",
    "json": '{"response": {"returncode": "SUCCESS"}}',
    "unknown-entity": f"<response>{GOOD}<x>&nbsp;</x></response>",
    "two-colons": f"<response>{GOOD}<a:b:c/></response>",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_document_that_bbb_would_not_write_is_no_answer(
    product: Product, a: Plugin, elsewhere: Simulator, body: str
) -> None:
    product.simulator.faults.set("getMeetings", "body", body=body.replace("{url}", elsewhere.server_url))
    product.is_unavailable(a, "getMeetings")
    assert list(elsewhere.requests) == []


XINCLUDE = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{url}/x"/>'
MANY = " ".join(f'a{n}="1"' for n in range(100_000))
HARMLESS = {
    "B09-byte-order-mark": f"\xef\xbb\xbf<response>{RUNNING}</response>",
    "B09-xinclude": f"<response>{RUNNING}{XINCLUDE}</response>",
    "B09-stylesheet": '<?xml-stylesheet href="{url}/s" type="text/xsl"?>' + f"<response>{RUNNING}<?php x?></response>",
    "B09-attributes": f"<response>{RUNNING}<x {MANY}/></response>",
    "B10-lower-case": "<response><returncode>success</returncode><running>TRUE</running></response>",
    "comment": f"<response><!-- -->{GOOD}<running>true<!-- --></running></response>",
    "cdata": "<response><returncode><![CDATA[SUCCESS]]></returncode><running>true</running></response>",
    "declaration": f'<?xml version="1.0" encoding="UTF-8"?><response>{RUNNING}</response>',
    "more-of-it-below": f"<response>{RUNNING}<m><returncode>FAILED</returncode><running>no</running></m></response>",
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_strange_but_readable_document_is_read_safely(
    product: Product, a: Plugin, elsewhere: Simulator, body: str
) -> None:
    product.simulator.faults.set("isMeetingRunning", "body", body=body.replace("{url}", elsewhere.server_url))
    response = product.asked(lambda: a.call("isMeetingRunning", {"meetingID": "x1"}), upstream=1)
    assert response.body == (b"<response>\n<returncode>SUCCESS</returncode>\n<running>true</running>\n</response>")
    assert list(elsewhere.requests) == []


def test_processing_instructions_and_comments_are_not_passed_on(product: Product, a: Plugin) -> None:
    a.create("x1")
    genuine = a.call("getMeetings").body.decode()
    planted = '<?xml-stylesheet href="https://x.example.org/MARK"?><!-- MARK --><?php MARK?>'
    real = genuine.replace("<response>", planted + "<response>").replace("<meetings>", "<meetings><!-- MARK -->")
    real = real.replace("<meetingID>x1<", f"<meetingID>{a.key}-x1<").replace(
        "<metadata", f"<metadata><avv-organization>{a.key}</avv-organization></metadata><metadata", 1
    )
    product.simulator.faults.set("getMeetings", "body", body=real)
    response = product.asked(lambda: a.call("getMeetings"), upstream=1)
    assert "MARK" not in response.text
    assert read(response).findtext("meetings/meeting/meetingID") == "x1"


@pytest.mark.parametrize("call", ["create", "getMeetings", "getMeetingInfo", "isMeetingRunning"])
def test_a_lower_case_returncode_becomes_bbbs_own(product: Product, a: Plugin, call: str) -> None:
    a.create("x1")
    product.simulator.faults.set(call, "lowercase_returncode")
    params = {} if call == "getMeetings" else CREATE if call == "create" else {"meetingID": "x1"}
    assert outcome(product.asked(lambda: a.call(call, params), upstream=1)) == "SUCCESS"


ERRORS = {
    "as-bbb": ([{"key": "guestDeniedAccess", "message": "Denied."}], "guestDeniedAccess", "Denied."),
    "B11-forbidden-characters": ([{"key": "aKey", "message": "a\x0bb\ufffec\ud800d\x00e"}], "aKey", "abcde"),
    "markup": ([{"key": "aKey", "message": "<script>&"}], "aKey", "<script>&"),
    "markup-as-key": ([{"key": "<script>", "message": "x"}], "internalError", MESSAGES["internalError"]),
    "our-checksum": ([{"key": "checksumError", "message": "x"}], "serverUnavailable", MESSAGES["serverUnavailable"]),
    "no-list": ({"key": "aKey"}, "internalError", MESSAGES["internalError"]),
    "empty-list": ([], "internalError", MESSAGES["internalError"]),
    "no-key": ([{"message": "x"}], "internalError", MESSAGES["internalError"]),
    "no-text": ([{"key": {"a": 1}, "message": 5}], "internalError", MESSAGES["internalError"]),
    "long": ([{"key": "aKey", "message": "x" * 5000}], "aKey", "x" * 1000),
}


@pytest.mark.parametrize(("errors", "key", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_what_a_backend_writes_into_its_redirect_is_told_in_bbbs_form(
    product: Product, a: Plugin, errors: object, key: str, message: str
) -> None:
    a.create("x1", moderatorPW="mp77")
    url = f"https://x.example.org/html5client?errors={quote(json.dumps(errors))}"
    product.simulator.faults.set("join", "redirect", url=url)
    root = read(product.asked(lambda: a.call("join", {**JOIN, "redirect": "false"}), upstream=2))
    assert (root.findtext("messageKey"), root.findtext("message")) == (key, message)


@pytest.mark.parametrize(
    "location", ["", "?errors=" + "[" * 20_000, "?errors=%ff", "?errors=null", "://[", "?errors=1"]
)
def test_a_redirect_that_cannot_be_read_is_an_error(product: Product, a: Plugin, location: str) -> None:
    a.create("x1", moderatorPW="mp77")
    product.simulator.faults.set("join", "redirect", url=location)
    response = product.asked(lambda: a.call("join", {**JOIN, "redirect": "false"}), upstream=2)
    assert outcome(response) == "internalError"


FAILURES = {
    "simple": ("<messageKey>aKey</messageKey><message>A sentence.</message>", "aKey", "A sentence."),
    "list": ("<errors><error><key>aKey</key><message>A.</message></error><error/></errors>", "aKey", "A."),
    "long": (f"<messageKey>aKey</messageKey><message>{'x' * 100_000}</message>", "aKey", "x" * 1000),
    "strange-key": ("<messageKey>a key</messageKey><message>x</message>", "internalError", MESSAGES["internalError"]),
    "without-key": ("<message>x</message>", "internalError", MESSAGES["internalError"]),
    "our-checksum": ("<messageKey>checksumError</messageKey>", "serverUnavailable", MESSAGES["serverUnavailable"]),
    "markup": ("<messageKey>aKey</messageKey><message>&lt;b&gt;</message>", "aKey", "<b>"),
    "elements": ("<messageKey>aKey</messageKey><message>a<b>c</b></message>", "aKey", "a"),
}


@pytest.mark.parametrize(("said", "key", "message"), FAILURES.values(), ids=FAILURES.keys())
def test_a_backends_failure_is_passed_on_in_bbbs_simple_form(
    product: Product, a: Plugin, said: str, key: str, message: str
) -> None:
    body = f"<response><returncode>FAILED</returncode>{said}<x>MARK</x></response>"
    product.simulator.faults.set("create", "body", body=body)
    response = product.asked(lambda: a.call("create", CREATE), upstream=1)
    root = read(response)
    assert [element.tag for element in root] == ["returncode", "messageKey", "message"]
    assert (root.findtext("messageKey"), root.findtext("message")) == (key, message)
