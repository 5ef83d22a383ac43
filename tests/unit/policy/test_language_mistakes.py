"""Every mistake that a policy text can hold: its code, its place, its words, and that it is said once.

In the texts ``«`` and ``»`` stand around the token that the message must point at; they are taken out before reading.
"""

import pytest

from senfcall_avv.bbb.catalog import load
from senfcall_avv.policy.engine import Sources
from senfcall_avv.policy.errors import Diagnostic
from senfcall_avv.policy.language import check
from senfcall_avv.policy.ruleset import Ruleset

HEAD = 'schema = 1\ntitle = "t"\n'
CHILD = HEAD + 'extends = "base"\n'
BASE = """\
schema = 1
title = "b"
abstract = true
never = ["recording", "upload"]

[root]
answer = "version"

[body]
xml = "drop"

[limits]
meetings = { default = 5, max = 10 }

[rules]
meetingID = { max = 200 }

[calls.create]
forward = ["name", "meetingID", "duration", "logoutURL", "guestPolicy", "disabledFeatures", "welcome"]
rules.duration = { max = 600 }
rules.welcome = { max = 100, html = "bbb", pattern = "[a-z ]*" }
set.record = false
default.duration = 60

[calls.end]
refuse = "unsupportedRequest"

[calls.getMeetings]
answer = "noMeetings"
"""
CREATE = HEAD + '[calls.create]\nforward = ["name", "duration", "muteOnStart", "guestPolicy", "disabledFeatures"]\n'
JOIN = HEAD + '[calls.join]\nforward = ["fullName", "guest"]\n'


def cut(text: str) -> tuple[str, tuple[int, int, int] | None]:
    """Take the marks out of a text; give it and line, column, end column of what stood between them."""
    if "«" not in text:
        return text, None
    start = text.index("«")
    end = max(text.index("»") - 1, start + 1)  # nothing between the marks: the character that follows
    plain = text.replace("«", "").replace("»", "")
    line_start = plain.rfind("\n", 0, start) + 1
    return plain, (plain.count("\n", 0, start) + 1, start - line_start + 1, end - line_start + 1)


def found_in(**texts: str) -> tuple[Ruleset | None, list[Diagnostic], tuple[str, int, int, int] | None]:
    """Read texts by file name; give the ruleset, the diagnostics and the marked place with its file."""
    files, marked = {}, None
    for name, text in texts.items():
        file = f"{name}.toml"
        files[file], span = cut(text)
        if span is not None:
            marked = (file, *span)
    ruleset, diagnostics = check(Sources(files), load())
    return ruleset, diagnostics, marked


ALONE = [
    ("P001", HEAD + "x«\n»", 'expected "=" after a key'),
    ("P001", HEAD + "x = [1«»", 'a list is not closed with "]"'),
    ("P001", HEAD + 'x = "a«\n»', "there is a character here that TOML does not allow"),
    ("P001", HEAD + "x = true«1»", "expected the end of the line"),
    ("P001", "«»\ufeff" + HEAD, "byte order mark"),
    ("P001", "«»" + HEAD + f"x = {'[' * 2000}", "nests too deeply"),
    ("P001", "«»" + HEAD + f"x = {'9' * 5000}", "too many digits"),
    ("P002", HEAD + "abstract = false\n«abstract» = false\n", '"abstract" is defined a second time'),
    ("P002", CREATE + "[calls.«create»]\n", '"calls.create" is defined a second time'),
    ("P002", HEAD + "calls.create = 1\n[calls.«create»]\n", '"calls.create" is defined a second time'),
    (
        "P005",
        '«t»itle = "t"\n[calls.end]\nrefuse = "notFound"\n',
        'the first key must say which language this is: "schema = 1"',
    ),
    ("P005", 'schema = «2»\ntitle = "t"\n', "schema 2 is newer than this program (1)"),
    ("P005", 'schema = «"1"»\ntitle = "t"\n', 'schema must be 1, not "1"'),
    ("P005", 'schema = «true»\ntitle = "t"\n', "schema must be 1, not true"),
    ("P006", HEAD + '[calls.create]\n«forwad» = ["name"]\n', 'unknown key "forwad"'),
    ("P006", HEAD + "«allowd» = true\n", 'unknown key "allowd"'),
    ("P006", CREATE + "rules.name = { «maxx» = 3 }\n", 'unknown key "maxx"'),
    ("P007", CREATE + "rules.name = { max = «true» }\n", "calls.create.rules.name.max must be an integer, not true"),
    ("P007", CREATE + "rules.name = { max = «60.0» }\n", "must be an integer, not 60.0"),
    ("P007", CREATE + "rules.name = { max = «nan» }\n", "must be an integer, not nan"),
    ("P007", CREATE + "rules.name = { max = «inf» }\n", "must be an integer, not inf"),
    ("P007", CREATE + "rules.name = { max = «2026-01-01» }\n", "must be an integer, not a date or time"),
    ("P007", CREATE + 'rules.name = { max = «"60"» }\n', 'must be an integer, not "60"'),
    ("P007", CREATE + "rules.name = { max = «99999999999999999999» }\n", "is larger than any integer can be"),
    ("P007", CREATE + "rules.name = { required = «1» }\n", "must be true or false, not 1"),
    ("P007", CREATE + 'rules.name = { otherwise = «"dorp"» }\n', "must be one of drop, clamp, refuse"),
    ("P007", CREATE + 'rules.guestPolicy = «"x"»\n', 'must be a table, not "x"'),
    ("P007", HEAD + '[calls.create]\nforward = «"name"»\n', 'calls.create.forward must be a list, not "name"'),
    (
        "P007",
        HEAD + "[calls.create]\nforward = [«1»]\n",
        "each entry of calls.create.forward must be text in quotes, not 1",
    ),
    ("P007", CREATE + "[limits]\nmeetings = «true»\n", "must be an integer, or a table with default and max, not true"),
    ("P007", CREATE + "[limits]\n«meetings» = { default = 3 }\n", 'limits.meetings needs "max"'),
    (
        "P007",
        'schema = 1\ntitle = «"a\\u0000b"»\n[calls.getMeetings]\nforward = []\n',
        "title holds a control character",
    ),
    ("P007", CREATE + "set.maxParticipants = «1.5»\n", "must be no number with a point"),
    ("P007", CREATE + 'set.record = «"false"»\n', "set.record must be true or false"),
    ("P007", CREATE + "set.maxParticipants = «true»\n", "set.maxParticipants must be an integer"),
    ("P007", CREATE + "set.welcome = «1»\n", "set.welcome must be text in quotes"),
    ("P007", CREATE + 'add.disabledFeatures = «"chat"»\n', "add.disabledFeatures must be a list"),
    ("P008", "«s»chema = 1\n[calls.getMeetings]\nforward = []\n", "a policy needs a title"),
    ("P008", 'schema = 1\ntitle = «" "»\n[calls.getMeetings]\nforward = []\n', "a policy needs a title"),
    (
        "P009",
        CREATE.replace("[calls", 'extends = «"../base"»\n[calls'),
        "extends takes only the name of a file beside this one",
    ),
    ("P010", CREATE.replace("[calls", 'extends = «"bas"»\n[calls'), 'there is no policy "bas" to extend'),
    ("P011", CREATE.replace("[calls", 'extends = «"x"»\n[calls'), "files extend each other in a circle: x → x"),
    (
        "P012",
        HEAD + "«abstract» = true\n[calls.getMeetings]\nforward = []\n",
        "policies/ holds no profile: every file is abstract",
    ),
    ("P020", HEAD + "[calls.«getmeetings»]\nforward = []\n", 'BBB has no call "getmeetings"'),
    ("P021", HEAD + '[calls.create]\nforward = ["name", «"moderatorPw"»]\n', '"moderatorPw" is no parameter of create'),
    ("P021", CREATE + "rules.«nmae» = { max = 3 }\n", '"nmae" is no parameter of create'),
    (
        "P021",
        CREATE + "set.«r\u0435cord» = false\n".replace("r\u0435cord", '"r\u0435cord"'),
        '"r\u0435cord" is no parameter of create',
    ),
    ("P021", CREATE + 'set.«"record "» = false\n', '"record " is no parameter of create'),
    ("P021", CREATE + "set.«Record» = false\n", '"Record" is no parameter of create'),
    ("P021", HEAD + '[calls.create]\nforward = [«"meta_course"»]\n', '"meta_course" is no parameter of create'),
    ("P021", CREATE + 'extra.«Name» = { type = "string" }\n', '"Name" is no parameter of create'),
    ("P021", CREATE + 'extra.«"a b"» = { type = "string" }\n', '"a b" cannot be a parameter\'s name'),
    ("P022", HEAD + '[calls.create]\nforward = ["name", «"fullName"»]\n', '"fullName" belongs to join, not to create'),
    ("P024", HEAD + '[calls.create]\nforward = ["name", «"isBreakout"»]\n', '"isBreakout" is never passed on'),
    ("P024", HEAD + '[calls.create]\nforward = [«"meta_AVV-x"»]\n', '"meta_AVV-x" is never passed on'),
    ("P024", HEAD + '[calls.join]\nforward = [«"existinguserid"»]\n', '"existinguserid" is never passed on'),
    ("P024", CREATE + 'set.«presentationUploadExternalUrl» = "https://x.example"\n', "is never passed on"),
    ("P024", CREATE + "rules.«checksum» = { max = 3 }\n", '"checksum" is never passed on'),
    ("P024", CREATE + "[rules]\n«checksum» = { max = 3 }\n", '"checksum" is never passed on'),
    ("P024", CREATE + 'extra.«Checksum» = { type = "string" }\n', '"Checksum" is never passed on'),
    (
        "P025",
        HEAD + 'never = ["design"]\n[calls.create]\nforward = ["name", «"logo"»]\n',
        '"logo" is design, which x.toml:3 rules out',
    ),
    ("P025", CREATE.replace("[calls", 'never = [«"desing"»]\n[calls'), 'the catalogue has no group "desing"'),
    (
        "P026",
        HEAD + '[calls.create]\nforward = [«"meta_endCallbackUrl"»]\n',
        '"meta_endCallbackUrl" makes a server load an address',
    ),
    (
        "P026",
        HEAD + '[calls.create]\nforward = [«"logo"»]\naccept_risk.logo = " "\n',
        "puts an address or text of a tenant",
    ),
    ("P026", HEAD + '[calls.create]\nforward = [«"pluginManifests"»]\n', "brings foreign code"),
    ("P027", HEAD + '[calls.create]\nforward = ["name", «"name"»]\n', '"name" is listed twice'),
    ("P027", CREATE.replace("[calls", 'never = ["design", «"design"»]\n[calls'), '"design" is listed twice'),
    ("P027", CREATE + 'rules.guestPolicy = { choices = ["ASK_MODERATOR", «"ASK_MODERATOR"»] }\n', "is listed twice"),
    (
        "P028",
        HEAD + '[calls.create]\nforward = ["name", «"lockSettingsDisableNote"»]\n',
        '"lockSettingsDisableNotes" since BBB 2.5',
    ),
    ("P029", HEAD + '[calls.create]\nforward = [«"*"»]\n', '"*" is not offered: list what you mean'),
    ("P029", HEAD + '[calls.create]\nforward = [«"userdata-*"»]\n', '"userdata-*" is no family of names of create'),
    ("P029", HEAD + '[calls.create]\nforward = [«"meta_*"»]\n', 'which names of "meta_*" are meant is not said'),
    ("P029", CREATE + 'families.«"meta-*"» = { names = [] }\n', '"meta-*" is no family of names of create'),
    (
        "P030",
        HEAD + '[calls.end]\nforward = ["meetingID"]\n«refuse» = "notFound"\n',
        "[calls.end] says both forward and refuse",
    ),
    ("P030", CREATE + "[calls.«end»]\n", "nothing says what becomes of end: forward, answer or refuse"),
    ("P030", CREATE + '«message» = "Sorry."\n', "a message goes with refuse, and create says forward"),
    ("P030", CREATE + '[root]\nanswer = "version"\n«refuse» = "notFound"\n', "[root] says both answer and refuse"),
    ("P031", HEAD + '[calls.getRecordings]\nanswer = «"noMeetings"»\n', '"noMeetings" is no answer to getRecordings'),
    ("P031", CREATE + '[root]\nanswer = «"noMeetings"»\n', '"noMeetings" is no answer to the address without a call'),
    ("P032", HEAD + '[calls.end]\nrefuse = «"unsuportedRequest"»\n', 'BBB has no messageKey "unsuportedRequest"'),
    (
        "P032",
        HEAD + f'[calls.end]\nrefuse = "notFound"\nmessage = «"{"x" * 201}"»\n',
        "200 characters at most, this one has 201",
    ),
    ("P032", HEAD + '[calls.end]\nrefuse = "notFound"\nmessage = «" "»\n', "a message says something"),
    ("P032", HEAD + '[calls.end]\nrefuse = "notFound"\nmessage = «"a\\nb"»\n', "one line of printable text"),
    ("P033", JOIN + 'methods = [«"POST"»]\n', 'join is GET only, not "POST"'),
    ("P033", JOIN + "methods = «[]»\n", "a call needs a method"),
    ("P034", HEAD + '[calls.end]\n«answer» = "noMeetings"\n', "a made-up success for end would be false"),
    ("P035", HEAD + "[calls.enter]\n«forward» = []\n", '"enter" is for the meeting client, not for frontends'),
    ("P040", CREATE + "[rules]\n«welcom» = { max = 3 }\n", "rules.welcom is used nowhere"),
    ("P040", CREATE + "rules.«welcome» = { max = 3 }\n", "calls.create.rules.welcome is used nowhere"),
    ("P040", CREATE + 'default.«welcome» = "Hi"\n', "calls.create.default.welcome is used nowhere"),
    ("P040", CREATE + 'accept_risk.«logo» = "why"\n', "calls.create.accept_risk.logo is used nowhere"),
    (
        "P040",
        CREATE + 'families.«"meta_*"» = { names = ["meta_a"] }\n',
        'calls.create.families."meta_*" is used nowhere',
    ),
    (
        "P041",
        CREATE + 'rules.muteOnStart = { «schemes» = ["https"] }\n',
        '"schemes" is not for boolean, which muteOnStart is',
    ),
    ("P041", CREATE + 'rules.duration = { «pattern» = "1+" }\n', '"pattern" is not for integer, which duration is'),
    ("P041", CREATE + 'rules.name = { «html» = "none" }\n', '"html" is not for string, which name is'),
    ("P042", CREATE + "rules.name = { min = «10», max = 5 }\n", "min 10 is above max 5"),
    ("P042", CREATE + "rules.name = { min = «-1» }\n", "min is a length and cannot be -1"),
    ("P042", CREATE + "rules.guestPolicy = { choices = «[]» }\n", "choices is empty"),
    ("P042", CREATE + "rules.disabledFeatures = { max_items = «0» }\n", "max_items 0 leaves no value"),
    ("P042", CREATE + "body.max_bytes = «0»\n", "max_bytes must be 1 to 1048576, not 0"),
    ("P043", CREATE + "rules.duration = { max = «2147483648» }\n", "duration: max 2147483648, BBB takes 2147483647"),
    ("P043", CREATE + "rules.duration = { min = «-1» }\n", "duration: min -1, BBB takes nothing under 0"),
    ("P043", CREATE + "rules.name = { max = «300» }\n", "name: max 300, BBB takes 256"),
    ("P043", CREATE + "rules.name = { min = «1» }\n", "name: min 1, BBB takes nothing under 2"),
    (
        "P043",
        CREATE + 'rules.guestPolicy = { choices = [«"ASK_MODERATORS"»] }\n',
        'does not know "ASK_MODERATORS" as a value',
    ),
    (
        "P044",
        CREATE.replace('"name"', '"meetingID"') + "rules.meetingID = { max = «250» }\n",
        "max 250 leaves no room for the prefix (17)",
    ),
    ("P045", CREATE + 'rules.name = { pattern = «"(?=x)"» }\n', "look-ahead is not supported: (?="),
    ("P045", CREATE + 'rules.name = { pattern = «"(a)\\\\1"» }\n', "this escape is not supported: \\1"),
    ("P045", CREATE + 'rules.name = { pattern = «"a{1001}"» }\n', "a repetition has numbers that do not fit"),
    ("P045", CREATE + 'rules.name = { pattern = «"("» }\n', "a parenthesis is not closed"),
    ("P045", CREATE + 'rules.name = { pattern = «"a\\\\Z"» }\n', "this escape is not supported: \\Z"),
    ("P045", CREATE + f'rules.name = {{ pattern = «"{"a" * 201}"» }}\n', "200 characters at most, this one has 201"),
    (
        "P045",
        CREATE + 'rules.name = { max = 3, pattern = «"a{4}"» }\n',
        "the pattern needs 4 characters at least, and max is 3",
    ),
    (
        "P045",
        CREATE + 'rules.name = { min = 3, pattern = «"a{0,2}"» }\n',
        "the pattern takes 2 characters at most, and min is 3",
    ),
    ("P046", JOIN + 'rules.guest = { otherwise = «"drop"» }\n', "dropping guest gives somebody more than was meant"),
    ("P047", CREATE + 'rules.muteOnStart = { otherwise = «"clamp"» }\n', "a value of type boolean cannot be clamped"),
    (
        "P048",
        HEAD + '[calls.create]\nforward = ["logoutURL"]\nrules.logoutURL = { schemes = [«"javascript"»] }\n',
        '"javascript" is no scheme for a link',
    ),
    (
        "P048",
        HEAD + '[calls.create]\nforward = ["logoutURL"]\nrules.logoutURL = { schemes = [«"https:"»] }\n',
        '"https:" is no scheme',
    ),
    (
        "P048",
        HEAD + '[calls.create]\nforward = ["logoutURL"]\nrules.logoutURL = { hosts = [«"Müller.example"»] }\n',
        "is no host name",
    ),
    (
        "P048",
        HEAD
        + '[calls.create]\nforward = ["meetingEndedURL"]\naccept_risk.meetingEndedURL = "w"\n'
        + 'rules.meetingEndedURL = { schemes = [«"http"»] }\n',
        'needs https, not "http"',
    ),
    (
        "P050",
        CREATE + "rules.maxParticipants = { max = 10 }\nset.maxParticipants = «11»\n",
        "set.maxParticipants: 11 is above max 10 (x.toml:5)",
    ),
    (
        "P050",
        CREATE + "rules.maxParticipants = { max = 10 }\nset.maxParticipants = «0»\n",
        "0 means unlimited, and max is 10",
    ),
    ("P050", CREATE + "default.duration = «-1»\n", "default.duration: -1 is below min 0"),
    ("P050", CREATE + 'default.guestPolicy = «"NEVER"»\n', '"NEVER" is not one of ALWAYS_ACCEPT'),
    ("P050", CREATE + 'set.logoutURL = «"http://x.example"»\n', "is no web address with https that could be passed on"),
    ("P050", CREATE + 'set.attendeePW = «"x"»\n', "set.attendeePW: the value has 1 characters, and min is 2"),
    ("P050", CREATE + 'set.meetingID = «"a,b"»\n', "does not have the form"),
    ("P050", CREATE + 'default.name = «" ab"»\n', "begins or ends with a space"),
    (
        "P050",
        CREATE + 'rules.disabledFeatures = { choices = ["chat"] }\nadd.disabledFeatures = «["polls"]»\n',
        "is not one of chat",
    ),
    (
        "P051",
        HEAD + '[calls.create]\nforward = ["name", «"record"»]\nset.record = false\n',
        "record is set: what clients send would never count",
    ),
    ("P051", CREATE + "set.maxParticipants = 3\ndefault.«maxParticipants» = 2\n", "its default would never be used"),
    (
        "P051",
        CREATE + 'rules.name.required = true\ndefault.«name» = "xy"\n',
        "name is required: its default would never be used",
    ),
    (
        "P052",
        CREATE.replace("[calls", 'never = ["recording"]\n[calls') + "set.record = «true»\n",
        "only false can be set",
    ),
    (
        "P052",
        CREATE.replace("[calls", 'never = ["design"]\n[calls') + 'set.logo = «"https://x.example/a.png"»\n',
        "logo cannot be set",
    ),
    (
        "P053",
        CREATE + 'add.disabledFeatures = ["chat"]\nremove.disabledFeatures = [«"chat"»]\n',
        '"chat" is added and removed',
    ),
    ("P053", CREATE + "add.«name» = []\n", "name is no list: it has nothing to add"),
    ("P054", CREATE + 'set.welcome = «"{organization.name}"»\n', "fills in no templates"),
    ("P054", CREATE + 'set.welcome = «"{org.__class__}"»\n', '"{org.__class__}" would be sent as it stands'),
    ("P054", CREATE + 'set.welcome = «"${python:1}"»\n', '"{python:1}"'),
    ("P054", CREATE + 'set.welcome = «"{0}"»\n', '"{0}"'),
    ("P054", CREATE + 'set.welcome = «"a {{b}} {"»\n', '"{"'),
    ("P054", CREATE + 'set.welcome = «"%s"»\n', '"%s"'),
    (
        "P061",
        CREATE.replace("[calls", 'widen = [«"calls.create.rules.welcom.max"»]\n[calls'),
        'there is nothing at "calls.create.rules.welcom.max"',
    ),
    ("P061", CREATE.replace("[calls", 'widen = [«"calls.create"»]\n[calls'), '"calls.create" cannot be loosened'),
    ("P061", CREATE.replace("[calls", 'widen = [«"a..b"»]\n[calls'), '"a..b" is no key path'),
    (
        "P063",
        CREATE + "[limits]\nmeetings = { default = «900», max = 600 }\n",
        "meetings: default 900 is above max 600",
    ),
    ("P063", CREATE + "[limits]\nmeetings = «0»\n", "meetings: default must be at least 1, not 0"),
    ("P063", CREATE + "[limits]\nduration = { default = 1, max = «2147483648» }\n", "the most that BBB can count"),
    ("P064", CREATE.replace("[calls", "«valid» = { from = 2026-12-01T00:00:00Z }\n[calls"), "knows no time windows"),
    ("P070", CREATE + 'body.xml = «"forward"»\nbody.accept_risk = "why"\n', 'xml = "forward" needs max_bytes'),
    ("P070", CREATE + 'body.xml = «"forward"»\nbody.max_bytes = 10\n', 'xml = "forward" needs accept_risk'),
    ("P070", CREATE.replace("[calls", 'never = ["upload"]\n[calls') + 'body.xml = «"forward"»\n', "rules upload out"),
    (
        "P023",
        HEAD + '[calls.create]\nforward = ["fooBar"]\nextra.«fooBar» = { type = "boolean" }\n',
        '"fooBar" is newer than the catalogue',
    ),
    ("P023", CREATE + 'extra.«muteOnStart» = { type = "boolean" }\n', '"muteOnStart" is in the catalogue of'),
    (
        "P042",
        HEAD + '[calls.create]\nforward = ["fooBar"]\nextra.«fooBar» = { type = "enum" }\n',
        '"fooBar" is an enum and needs choices',
    ),
]
FAMILY = HEAD + '[calls.create]\nforward = ["meta_*"]\n[calls.create.families."meta_*"]\n'
ALONE += [
    ("P024", FAMILY + 'names = [«"meta_avv-organization"»]\n', "is never passed on"),
    ("P026", FAMILY + 'names = [«"meta_endcallbackurl"»]\n', "makes a server load an address"),
    ("P027", FAMILY + 'names = ["meta_a", «"meta_A"»]\n', '"meta_A" is listed twice'),
    ("P021", CREATE + 'extra.«meta_new» = { type = "string" }\n', '"meta_new" is no parameter of create'),
    ("P027", HEAD + f"[calls.create]\n«forward» = {['x'] * 201}\n", "create lists 201 names"),
    ("P040", CREATE + "[rules]\n«meetingID» = { max = 3 }\n", "rules.meetingID is used nowhere"),
    ("P042", CREATE + "rules.name = { max = «0» }\n", "max 0 leaves no value at all"),
    ("P042", CREATE + 'rules.disabledFeatures = { choices = [«"a,b"»] }\n', "a choice is one text without a comma"),
    ("P006", HEAD + '«"a\\u0001"» = 1\n', 'unknown key "a\\u0001"'),
    ("P007", CREATE + "rules.name = «[]»\n", "calls.create.rules.name must be a table, not a list"),
    ("P007", CREATE + "message = «{ a = 1 }»\n", "calls.create.message must be text in quotes, not a table"),
    ("P001", "\n" + HEAD + 'x = """a«\n»\n\n', "a text is not closed with a quote"),
    ("P002", HEAD + "x.y = 1\nx.y.z = 2«»", "a key is defined a second time"),
    ("P061", CREATE.replace("[calls", 'widen = [«"a = 1"»]\n[calls'), '"a = 1" is no key path'),
    ("P027", FAMILY + 'names = ["meta_a", «"meta_a"»]\n', '"meta_a" is listed twice'),
    ("P029", FAMILY + 'names = [«"course"»]\n', '"course" is no name that BBB would read as one of "meta_*"'),
    ("P029", FAMILY + 'names = []\n«pattern» = "x"\n', "either names or a pattern"),
    ("P045", FAMILY + 'pattern = «"("»\n', "a parenthesis is not closed"),
    ("P026", FAMILY + 'pattern = «"meta_[A-Z]+"»\n', 'the pattern lets through "meta_endCallbackUrl"'),
    ("P042", FAMILY + "names = «[]»\n", "names is empty"),
    ("P042", FAMILY + 'names = ["meta_a"]\ncount = «21»\n', "count must be 1 to 20, not 21"),
    ("P042", FAMILY + 'names = ["meta_a"]\nmax = «0»\n', "max must be 1 to 8000, not 0"),
]

INHERITED = [
    (
        "P025",
        CHILD + '[calls.join]\nforward = ["fullName"]\n[calls.insertDocument]\nforward = [«"meetingID"»]\n',
        "rules out",
    ),
    ("P042", CHILD + "[calls.create.rules]\nduration.min = «601»\n", "min 601 is above max 600"),
    ("P042", CHILD + "[rules]\nmeetingID.min = «201»\n", "min 201 is above max 200"),
    (
        "P045",
        CHILD + '[calls.create.rules]\nwelcome = { pattern = «"x{101}"» }\n',
        "needs 101 characters at least, and max is 100",
    ),
    (
        "P050",
        CHILD + "[calls.create.default]\nduration = «601»\n",
        "default.duration: 601 is above max 600 (base.toml:20)",
    ),
    ("P051", CHILD + "[calls.create.set]\n«duration» = 10\n", "duration is set: "),
    ("P052", CHILD + "[calls.create.set]\nautoStartRecording = «true»\n", "recording is ruled out by base.toml:4"),
    (
        "P060",
        CHILD + '[calls.create]\nforward = ["name", «"muteOnStart"»]\n',
        'forward with "muteOnStart" widens base.toml:19',
    ),
    (
        "P025",
        CHILD + 'never = [«"access"»]\n',
        'access is ruled out here, and create has "guestPolicy" from base.toml:19',
    ),
    (
        "P025",
        CHILD + 'never = [«"lifecycle"»]\n[calls.create]\nforward = ["name"]\n',
        'lifecycle is ruled out here, and create has "duration" from base.toml:23',
    ),
    ("P040", CHILD + "[rules]\n«fooBar» = { max = 3 }\n", "rules.fooBar is used nowhere"),
    (
        "P050",
        CHILD + "[calls.create.rules]\n«duration» = { max = 30 }\n",
        "default.duration: 60 is above max 30 (x.toml:5)",
    ),
    ("P060", CHILD + "[calls.create.rules]\nduration.«max» = 900\n", "max 600 → 900 widens base.toml:20"),
    ("P060", CHILD + '[calls.create.rules]\nwelcome.«html» = "keep"\n', 'html "bbb" → "keep" widens base.toml:21'),
    ("P060", CHILD + "[calls.create.rules]\nmeetingID.«max» = 201\n", "max 200 → 201 widens base.toml:16"),
    ("P060", CHILD + '[calls.create.rules]\nlogoutURL.«schemes» = ["https", "http"]\n', "(where nothing is said)"),
    (
        "P060",
        CHILD + '[calls.create.rules]\nname.«otherwise» = "clamp"\n',
        'otherwise "drop" (where nothing is said) → "clamp"',
    ),
    ("P060", CHILD + '[calls.end]\n«forward» = ["meetingID"]\n', "end: refuse → forward widens base.toml:26"),
    ("P060", CHILD + "[calls.getMeetings]\n«forward» = []\n", "getMeetings: answer → forward widens base.toml:29"),
    (
        "P060",
        CHILD + '[body]\n«xml» = "forward"\nmax_bytes = 10\naccept_risk = "w"\n',
        'xml "drop" → "forward" widens base.toml:10',
    ),
    ("P060", CHILD + '[calls.create.body]\n«xml» = "forward"\n', 'xml "drop" → "forward" widens base.toml:10'),
    (
        "P063",
        CHILD + "[limits]\nmeetings = { default = «6», max = 10 }\n",
        "meetings: default 5 → 6 raises base.toml:13",
    ),
    ("P063", CHILD + "[limits]\nmeetings = { default = 5, max = «11» }\n", "meetings: max 10 → 11 raises base.toml:13"),
    ("P090", CHILD + "[calls.create.rules]\nduration.«max» = 600\n", "max = 600 is base.toml:20 already"),
    (
        "P090",
        CHILD + '[calls.create.rules]\nwelcome.«pattern» = "[a-z ]*"\n',
        'pattern = "[a-z ]*" is base.toml:21 already',
    ),
    ("P090", CHILD + "[calls.create.set]\n«record» = false\n", "set.record is base.toml:22 already"),
    ("P090", CHILD + "[calls.create.default]\n«duration» = 60\n", "default.duration is base.toml:23 already"),
    (
        "P090",
        CHILD + '[calls.end]\n«refuse» = "unsupportedRequest"\n',
        'refuse = "unsupportedRequest" is base.toml:26 already',
    ),
    ("P090", CHILD + '[root]\n«answer» = "version"\n', 'answer = "version" is base.toml:7 already'),
    ("P090", CHILD + "[limits]\n«meetings» = { default = 5, max = 10 }\n", "is base.toml:13 already"),
    ("P090", CHILD + '[body]\n«xml» = "drop"\n', 'xml = "drop" is base.toml:10 already'),
]


def short(row: tuple[str, str, str]) -> str:
    return f"{row[0]}-{row[2][:40]}"


@pytest.mark.parametrize(("code", "text", "words"), ALONE, ids=map(short, ALONE))
def test_a_mistake_gives_exactly_one_message_at_its_place(code: str, text: str, words: str) -> None:
    ruleset, diagnostics, marked = found_in(x=text)

    assert [(d.code, d.file, d.line, d.column, d.end_column) for d in diagnostics] == [(code, *marked)]
    assert words in diagnostics[0].message
    assert (ruleset is None) == (diagnostics[0].level == "error")


@pytest.mark.parametrize(("code", "text", "words"), INHERITED, ids=map(short, INHERITED))
def test_a_mistake_against_a_parent_gives_exactly_one_message_at_its_place(code: str, text: str, words: str) -> None:
    ruleset, diagnostics, marked = found_in(base=BASE, x=text)

    assert [(d.code, d.file, d.line, d.column, d.end_column) for d in diagnostics] == [(code, *marked)]
    assert words in diagnostics[0].message
    assert (ruleset is None) == (diagnostics[0].level == "error")
