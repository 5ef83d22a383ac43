"""``avv policy``: what it prints, its exit codes, its keys for machines."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from senfcall_avv.policy.commands import command

SHIPPED = Path(__file__).parents[3] / "policies"
GOOD = 'schema = 1\ntitle = "t"\n[calls.getMeetings]\nforward = []\n'
TEST = '[[case]]\nid = "c1"\nabout = "all"\ncall = "getMeetings"\nforward = {}\n'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with one profile and one test of it."""
    folder = tmp_path / "policies"
    (folder / "tests").mkdir(parents=True)
    folder.chmod(0o755)
    write(folder / "good.toml", GOOD)
    write(folder / "tests" / "good.test.toml", TEST)
    return folder


def write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)


def avv(*arguments: str, directory: Path = SHIPPED, stdin: str = "") -> Result:
    name, *rest = arguments
    return CliRunner().invoke(command, [name, "-d", str(directory), *rest], input=stdin, catch_exceptions=False)


def read_json(result: Result) -> dict[str, Any]:
    assert result.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(result.stdout)
    return found


# ------------------------------------------------------------------------------------------------------------- check


def test_check_says_that_a_good_directory_is_fine(directory: Path) -> None:
    result = avv("check", directory=directory)

    first, last = result.stdout.splitlines()
    assert result.exit_code == 0
    assert first == "policies: 1 file, 1 profile, catalogue 2026-11"
    assert last.startswith("ok, 0 errors, 0 warnings; 1 test passed in ")
    assert "; would become revision " in last


def test_check_of_the_shipped_files_passes_all_their_tests() -> None:
    found = read_json(avv("check", "--json"))

    assert found["ok"] is True
    assert found["tests"]["failed"] == 0
    assert found["tests"]["passed"] > 180
    assert [d for d in found["diagnostics"] if d["code"] != "P004"] == []


def test_check_for_machines_has_these_keys(directory: Path) -> None:
    found = read_json(avv("check", "--json", directory=directory))

    assert found.pop("revision").isalnum()
    assert found == {
        "ok": True,
        "files": 1,
        "profiles": ["good"],
        "lost": {"good": {}},
        "tests": {"passed": 1, "failed": 0},
        "diagnostics": [],
    }


def test_check_counts_what_is_lost_although_it_could_only_restrict() -> None:
    lost = read_json(avv("check", "--json"))["lost"]["senfcall"]

    assert {"guestPolicy", "lockSettingsDisableMic", "endWhenNoModerator"} <= set(lost["create"])
    assert "lockSettingsDisableNote" not in lost["create"]  # an old name of another one
    assert not {"role", "guest", "createTime", "userID"} & set(lost["join"])
    assert f"senfcall: create leaves out {len(lost['create'])} parameters that could only" in avv("check").stdout
    assert "  left out although they only restrict: guestPolicy " in avv("show", "senfcall", "create").stdout
    assert read_json(avv("show", "--json", "senfcall", "create"))["lost"] == lost["create"]


def test_check_prints_mistakes_and_exits_with_1(directory: Path) -> None:
    write(directory / "bad.toml", GOOD.replace("getMeetings", "getmeetings"))

    result = avv("check", directory=directory)
    assert result.exit_code == 1
    assert 'error[P020]: BBB has no call "getmeetings"' in result.stdout
    assert '^^^^^^^^^^^ did you mean "getMeetings"?' in result.stdout
    assert result.stdout.splitlines()[-1] == "not ok, 1 error, 0 warnings"

    found = read_json(avv("check", "--json", directory=directory))
    assert (found["ok"], found["revision"], found["tests"], found["profiles"]) == (False, None, None, [])
    assert [d["code"] for d in found["diagnostics"]] == ["P020"]


def test_check_exits_with_3_for_warnings_only_if_asked_to_be_strict(directory: Path) -> None:
    write(directory / "good.toml", GOOD + '[calls.join]\nforward = ["guest"]\nrules.guest.otherwise = "drop"\n')

    lenient, strict = avv("check", directory=directory), avv("check", "--strict", directory=directory)
    assert (lenient.exit_code, strict.exit_code) == (0, 3)
    assert "warning[P046] good.toml:7  dropping guest gives somebody more than was meant" in lenient.stdout
    assert 'warning[P082] good.toml  no test of "good" for join' in lenient.stdout


def test_check_exits_with_4_without_a_directory(directory: Path) -> None:
    result = avv("check", directory=directory / "none")

    assert result.exit_code == 4
    assert "there is no directory" in result.stderr
    assert read_json(avv("check", "--json", directory=directory / "none"))["ok"] is False


def test_check_exits_with_2_for_wrong_usage() -> None:
    assert avv("check", "--stricter").exit_code == 2


def test_check_exits_with_4_for_an_engine_that_is_not_installed(directory: Path) -> None:
    result = avv("check", "--engine", "other", directory=directory)

    assert (result.exit_code, 'no policy engine "other"' in result.stderr) == (4, True)


def test_check_judges_the_rights_of_files_as_in_production_if_asked(directory: Path) -> None:
    (directory / "good.toml").chmod(0o666)

    assert avv("check", directory=directory).exit_code == 0
    assert avv("check", "--production", directory=directory).exit_code == 1


def test_a_failing_test_is_an_error_with_its_line(directory: Path) -> None:
    write(directory / "tests" / "good.test.toml", TEST + TEST.replace("c1", "c2").replace("{}", '{ a = "b" }'))

    result = avv("check", "--json", directory=directory)
    (found,) = read_json(result)["diagnostics"]
    assert result.exit_code == 1
    assert (found["code"], found["file"], found["line"]) == ("P081", "tests/good.test.toml", 6)
    assert found["message"] == '"c2": forward.a: expected b, got nothing'
    assert read_json(result)["tests"] == {"passed": 1, "failed": 1}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[case]]\nid = "x"\ncall = "end"\nrefuse = "a"\nanswer = "b"\n', 1, 'case "x" says both answer and refuse'),
        ('[[case]]\nid = "x"\nprofile = "p"\ncall = "end"\nrefuse = "a"\n', 1, 'case "x" names the profile "p"'),
        ("x", 1, ""),
    ],
)
def test_a_test_file_that_does_not_load_is_an_error(directory: Path, text: str, line: int, words: str) -> None:
    write(directory / "tests" / "other.test.toml", text)

    (found,) = read_json(avv("check", "--json", directory=directory))["diagnostics"]
    assert (found["code"], found["file"], found["line"]) == ("P080", "tests/other.test.toml", line)
    assert words in found["message"]


def test_a_profile_without_a_test_is_a_warning(directory: Path) -> None:
    (directory / "tests" / "good.test.toml").unlink()

    (found,) = read_json(avv("check", "--json", directory=directory))["diagnostics"]
    assert (found["code"], found["message"]) == ("P082", 'the profile "good" has no test')


# -------------------------------------------------------------------------------------------------------------- show


def test_show_prints_a_call_with_the_origin_of_each_line() -> None:
    result = avv("show", "senfcall", "create")

    assert result.exit_code == 0
    assert result.stdout.startswith("create: forward 11, set 3  senfcall.toml:")
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.stdout.splitlines()}
    assert rows["duration"].startswith("integer, 0 = unlimited, otherwise clamp")
    assert rows["meetingID"].startswith("id, 2..200, required, otherwise refuse")
    assert rows["meetingID"].count("base.toml:") == 2
    assert rows["record"].startswith("set to false")


def test_show_for_machines_has_these_keys() -> None:
    found = read_json(avv("show", "--json", "senfcall", "create"))

    assert (found["profile"], found["call"], found["verb"]) == ("senfcall", "create", "forward")
    rows = {row["name"]: row for row in found["parameters"]}
    assert len(rows) == 14
    assert (rows["duration"]["type"], rows["duration"]["otherwise"]) == ("integer", "clamp")
    assert rows["duration"]["origin"][0].startswith("base.toml:")
    assert rows["record"]["set"] == "false"


def test_show_prints_a_whole_profile() -> None:
    result = avv("show", "senfcall")

    assert "getRecordings     answered here with noRecordings" in result.stdout
    assert "end               refused with unsupportedRequest" in result.stdout
    assert "calls_per_minute  600, 6000 at most" in result.stdout
    found = read_json(avv("show", "--json", "senfcall"))
    assert [call["call"] for call in found["calls"]][:2] == ["create", "join"]
    assert found["limits"]["calls_per_minute"]["max"] == 6000


def test_show_knows_calls_that_nobody_mentions_and_helps_with_names() -> None:
    assert avv("show", "senfcall", "getSessions").stdout == "getSessions: refused, because no file mentions it\n"
    for arguments, words in (
        (("senfcal",), 'did you mean "senfcall"?'),
        (("senfcall", "getmeetings"), 'did you mean "getMeetings"?'),
    ):
        result = avv("show", *arguments)
        assert (result.exit_code, words in result.stderr) == (2, True)


def test_show_of_broken_files_says_why(directory: Path) -> None:
    write(directory / "good.toml", GOOD + "x")

    result = avv("show", "good", directory=directory)
    assert (result.exit_code, "error[P001]" in result.stderr) == (1, True)
    assert read_json(avv("show", "--json", "good", directory=directory))["ok"] is False


def test_show_hides_passwords(directory: Path) -> None:
    text = '[calls.create]\nforward = ["name"]\nset.attendeePW = "s3cret"\n'
    write(directory / "good.toml", GOOD + text)

    for options in ((), ("--json",)):
        result = avv("show", *options, "good", "create", directory=directory)
        assert "attendeePW" in result.stdout
        assert "s3cret" not in result.stdout


def test_show_prints_families_messages_lists_and_defaults(directory: Path) -> None:
    write(
        directory / "good.toml",
        'schema = 1\ntitle = "t"\n[calls.create]\nforward = ["disabledFeatures", "attendeePW", "meta_*"]\n'
        'rules.disabledFeatures.max_items = 3\ndefault.attendeePW = "s3cret"\n'
        'families."meta_*" = { names = ["meta_a", "meta_b"], count = 2 }\n'
        '[calls.end]\nrefuse = "notFound"\nmessage = "Not here."\n',
    )

    create = avv("show", "good", "create", directory=directory).stdout
    assert "list, 3 items at most" in create
    assert "meta_a meta_b; 2 at most, 256 characters each" in create
    assert "default •••" in create
    assert "Not here." in avv("show", "good", "end", directory=directory).stdout


def test_a_directory_that_holds_too_much_is_refused_by_every_command(directory: Path) -> None:
    for number in range(65):
        write(directory / f"p{number}.toml", GOOD)

    for arguments in (("check",), ("show", "good"), ("explain", "getMeetings")):
        result = avv(*arguments, directory=directory)
        assert (result.exit_code, "error[P003]" in result.stderr) == (1, True)


# ----------------------------------------------------------------------------------------------------------- explain

QUERY = "create?name=Kurs&meetingID=k1&record=true&duration=0&logo=x&Welcome=a"


def test_explain_says_step_by_step_what_becomes_of_a_call() -> None:
    result = avv("explain", "--profile", "senfcall", "--limit", "duration=120", QUERY)

    assert result.exit_code == 0
    first, *rest = result.stdout.splitlines()
    assert first.startswith("create: forwarded with changes, revision ")
    found = "\n".join(rest)
    assert "   1 call      create" in found
    assert 'ignored lookalike   did the client mean "welcome"?' in found
    assert "ignored not_listed  BBB knows it" in found
    assert "changed clamped     0 → 120; 0 means unlimited  (organisation)" in found
    assert rest[-1].startswith("  12 sent")


def test_explain_for_machines_has_these_keys() -> None:
    found = read_json(avv("explain", "--json", "--limit", "duration=120", QUERY))

    assert (found["outcome"], found["profile"], found["call"]) == ("forward", "senfcall", "create")
    assert found["ignored"] == {"logo": "not_listed", "Welcome": "lookalike", "record": "forced"}
    assert found["changed"] == {"duration": "clamped"}
    assert found["params"]["duration"] == "120"
    assert found["steps"][0]["step"] == 1
    assert found["steps"][0]["origin"].startswith("senfcall.toml:")


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        ("getMeetingInfo?meetingID=1", "getMeetingInfo"),
        ("https://bbb.example.org/b/KEY/bigbluebutton/api/getMeetingInfo?meetingID=1&checksum=abc#x", "getMeetingInfo"),
        ("/bigbluebutton/api/getMeetingInfo?checksum=abc&meetingID=1", "getMeetingInfo"),
        ("bbb.example.org/bigbluebutton/api/getMeetingInfo?meetingID=1", "getMeetingInfo"),
        ("https://bbb.example.org/bigbluebutton/api/getMeetings/", "getMeetings"),
        ("https://bbb.example.org/api/hooks/list", "hooks/list"),
        ("hooks/list?", "hooks/list"),
        ("https://bbb.example.org/bigbluebutton/api", ""),
        ("https://bbb.example.org/bigbluebutton/api/", ""),
        (" getMeetings \n", "getMeetings"),
    ],
)
def test_explain_takes_what_people_paste_and_cuts_off_host_and_checksum(asked: str, call: str) -> None:
    found = read_json(avv("explain", "--json", asked))

    assert found["call"] == call
    assert found["ignored"] == {}
    assert found["params"] == ({"meetingID": "1"} if call == "getMeetingInfo" else {})


def test_explain_reads_from_standard_input() -> None:
    result = avv("explain", "-", stdin="isMeetingRunning?meetingID=7\n")

    assert result.stdout.startswith("isMeetingRunning: forwarded, revision ")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_explain_hides_passwords_people_and_texts_unless_asked(options: tuple[str, ...]) -> None:
    queries = (
        "join?meetingID=1&fullName=Ada%20L&password=s3cret&userID=ada",
        "create?name=Kurs&meetingID=k1&moderatorPW=s3cret&welcome=Ada%20L",
        "create?name=Kurs&meetingID=k1&moderatorPW=s3cret%00&welcome=Ada%20L<script>",
        f"join?meetingID=1&fullName=Ada%20L{'x' * 300}&password=s",
    )
    for query in queries:
        hidden = avv("explain", *options, query).stdout
        assert not [secret for secret in ("s3cret", "Ada L", "=ada", '"ada"') if secret in hidden]
    shown = avv("explain", *options, "--values", queries[0]).stdout
    assert "Ada L" in shown
    assert "s3cret" in shown


def test_explain_prints_names_from_clients_escaped() -> None:
    result = avv("explain", "create?name=Kurs&meetingID=k%1b[31m1&%1b[31mx=1&\u202ename=3")

    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_explain_says_what_is_refused_and_answered() -> None:
    refused = avv("explain", "end?meetingID=3")
    answered = avv("explain", "getRecordings?meetingID=3")

    assert refused.stdout.startswith("end: refused with unsupportedRequest, revision ")
    assert answered.stdout.startswith("getRecordings: answered here with noRecordings, revision ")
    assert read_json(avv("explain", "--json", "end?meetingID=3"))["refusal"]["key"] == "unsupportedRequest"


def test_explain_reads_a_body() -> None:
    found = read_json(avv("explain", "--json", "create", "--body", "name=Kurs&meetingID=k1"))
    assert found["params"]["name"] == "Kurs"

    found = read_json(avv("explain", "--json", QUERY, "--body", "<modules/>", "--content-type", "application/xml"))
    assert found["ignored"]["(body)"] == "body_dropped"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--limit", "durations=3"), "there is no limit"),
        (("--limit", "duration=-3"), "is not like duration=120"),
        (("--limit", "duration"), "is not like duration=120"),
        (("--profile", "senfcal"), 'did you mean "senfcall"?'),
    ],
)
def test_explain_exits_with_2_for_wrong_usage(options: tuple[str, ...], words: str) -> None:
    result = avv("explain", *options, QUERY)

    assert (result.exit_code, words in result.stderr) == (2, True)


def test_explain_exits_with_2_for_a_request_that_no_client_sends() -> None:
    assert avv("explain", "create?" + "&".join(f"a{number}=1" for number in range(201))).exit_code == 2


def test_explain_needs_a_profile_where_there_are_several(directory: Path) -> None:
    write(directory / "other.toml", GOOD)

    result = avv("explain", "getMeetings", directory=directory)
    assert (result.exit_code, "choose one with --profile" in result.stderr) == (2, True)
    assert avv("explain", "getMeetings", "--profile", "other", directory=directory).exit_code == 0


# ------------------------------------------------------------------------------------------- what a command loads


def test_the_help_loads_neither_web_application_nor_policy_language() -> None:
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from senfcall_avv.policy.commands import command\n"
        "assert CliRunner().invoke(command, ['--help']).exit_code == 0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert not {"pydantic", "tree_sitter", "re2", "nh3", "pyramid", "sqlalchemy", "requests"} & set(loaded)


def test_checking_does_not_load_the_web_application() -> None:
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from senfcall_avv.policy.commands import command\n"
        f"assert CliRunner().invoke(command, ['check', '-d', {str(SHIPPED)!r}]).exit_code == 0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert "pydantic" in loaded
    assert not {"pyramid", "sqlalchemy", "requests", "webob"} & set(loaded)
