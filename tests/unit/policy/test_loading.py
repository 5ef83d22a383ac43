"""Reading a policy directory: what is refused, what is left alone, and that nothing makes it wait."""

import os
import socket
from pathlib import Path

import pytest

from senfcall_avv.bbb.catalog import load as load_catalogue
from senfcall_avv.policy.declarative import Declarative
from senfcall_avv.policy.errors import Diagnostic, PolicyError
from senfcall_avv.policy.loading import MAX_BYTES, MAX_FILES, load, read_directory, read_tests

GOOD = 'schema = 1\ntitle = "t"\n[calls.getMeetings]\nforward = []\n'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with one good profile, writable by its owner only."""
    folder = tmp_path / "policies"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    write(folder / "good.toml", GOOD)
    return folder


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text)
    path.chmod(mode)


def problems(directory: Path, *, production: bool = True) -> list[Diagnostic]:
    return read_directory(directory, production=production).diagnostics


def refused(directory: Path) -> list[tuple[str, str, str]]:
    """Give what is refused beside the good file, which must come through."""
    reading = read_directory(directory, production=True)
    assert reading.sources.files.keys() == {"good.toml"}
    return [(found.code, found.file, found.message) for found in reading.diagnostics]


def test_a_directory_becomes_a_policy(directory: Path) -> None:
    policy = load(directory, Declarative(), load_catalogue(), production=True)

    assert list(policy.profiles) == ["good"]


def test_the_shipped_directory_becomes_a_policy() -> None:
    shipped = Path(__file__).parents[3] / "policies"

    assert list(load(shipped, Declarative(), load_catalogue(), production=False).profiles) == ["senfcall"]


def test_the_same_meaning_is_the_same_revision_and_another_meaning_another(directory: Path) -> None:
    def revision() -> str:
        return load(directory, Declarative(), load_catalogue(), production=True).revision

    before = revision()
    write(directory / "good.toml", "# a remark\n" + GOOD)
    assert revision() == before
    write(directory / "good.toml", GOOD.replace("getMeetings", "getMeetingInfo"))
    assert revision() != before


def test_hidden_files_folders_and_other_kinds_of_files_are_left_alone(directory: Path) -> None:
    (directory / "tests").mkdir()
    (directory / "next").mkdir()
    for name in (".hidden.toml", "good.toml~", ".good.toml.swp", "README.md", "policy.schema.json"):
        write(directory / name, "no policy", 0o666)

    assert refused(directory) == []


def test_data_of_other_engines_is_read_too(directory: Path) -> None:
    write(directory / "frozen.txt", "key-1\n")

    assert read_directory(directory, production=True).sources.text("frozen.txt") == "key-1\n"


def test_a_pipe_is_refused_without_waiting_for_a_writer(directory: Path) -> None:
    os.mkfifo(directory / "x.toml")

    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is not a regular file")]


def test_a_folder_with_the_name_of_a_file_is_refused(directory: Path) -> None:
    (directory / "x.toml").mkdir()

    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is not a regular file")]


def test_a_socket_is_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("x.toml")

    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is not a regular file")]


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/hostname", "../outside.toml"])
def test_a_link_that_leaves_the_directory_is_refused(directory: Path, target: str) -> None:
    write(directory.parent / "outside.toml", GOOD)
    (directory / "x.toml").symlink_to(target)

    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is a link to a place outside policies/")]


def test_a_link_through_a_linked_folder_that_leaves_the_directory_is_refused(directory: Path) -> None:
    outside = directory.parent / "outside"
    outside.mkdir()
    write(outside / "y.toml", GOOD)
    (directory / "inner").symlink_to(outside)
    (directory / "x.toml").symlink_to("inner/y.toml")

    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is a link to a place outside policies/")]


def test_a_device_is_refused(directory: Path) -> None:
    try:
        os.mknod(directory / "x.toml", 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making a device needs rights that this user has not")

    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is not a regular file")]


def test_a_broken_link_and_a_link_to_itself_are_refused(directory: Path) -> None:
    (directory / "x.toml").symlink_to("nowhere.toml")
    (directory / "y.toml").symlink_to("y.toml")

    assert [(code, file) for code, file, _ in refused(directory)] == [("P003", "x.toml"), ("P003", "y.toml")]


def test_a_link_within_the_directory_is_followed(directory: Path) -> None:
    (directory / "..data").mkdir()
    write(directory / "..data" / "x", GOOD)
    (directory / "x.toml").symlink_to("..data/x")

    assert read_directory(directory, production=True).sources.files.keys() == {"good.toml", "x.toml"}


def test_a_directory_that_is_a_link_itself_is_read(directory: Path) -> None:
    link = directory.parent / "current"
    link.symlink_to(directory)

    assert read_directory(link, production=True).sources.files.keys() == {"good.toml"}


def test_a_file_has_256_kib_at_most(directory: Path) -> None:
    write(directory / "x.toml", GOOD + "#" * (MAX_BYTES - len(GOOD)))
    assert problems(directory) == []

    write(directory / "x.toml", GOOD + "#" * (MAX_BYTES - len(GOOD) + 1))
    assert refused(directory) == [("P003", "x.toml", "policies/x.toml is larger than 256 KiB")]


def test_a_directory_has_64_files_at_most(directory: Path) -> None:
    for number in range(MAX_FILES - 1):
        write(directory / f"p{number}.toml", GOOD)
    assert problems(directory) == []

    write(directory / "more.toml", GOOD)
    with pytest.raises(PolicyError) as raised:
        read_directory(directory, production=True)
    assert [(d.code, d.message) for d in raised.value.errors] == [
        ("P003", "policies/ holds 65 policy files, and 64 is the most")
    ]


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o666, "any user of this machine"), (0o646, "any user of this machine"), (0o664, "every member of its group")],
)
def test_a_file_that_others_can_change_is_an_error_in_production_and_a_warning_elsewhere(
    directory: Path, mode: int, words: str
) -> None:
    write(directory / "good.toml", GOOD, mode)

    (strict,), (lenient,) = problems(directory), problems(directory, production=False)
    assert (strict.code, strict.level, strict.message) == ("P004", "error", f"good.toml can be changed by {words}")
    assert (lenient.code, lenient.level) == ("P004", "warning")
    with pytest.raises(PolicyError):
        load(directory, Declarative(), load_catalogue(), production=True)
    assert load(directory, Declarative(), load_catalogue(), production=False).profiles


def test_a_directory_that_others_can_change_is_reported(directory: Path) -> None:
    directory.chmod(0o777)

    (found,) = problems(directory)
    assert (found.code, found.file) == ("P004", "")
    assert found.message == "the directory policies/ can be changed by any user of this machine"


def test_the_target_of_a_link_counts_for_the_rights(directory: Path) -> None:
    write(directory / "good.toml", GOOD, 0o666)
    (directory / "x.toml").symlink_to("good.toml")

    assert [found.file for found in problems(directory)] == ["good.toml", "x.toml"]


def test_bytes_that_are_no_text_are_reported_where_they_stand(directory: Path) -> None:
    (directory / "x.toml").write_bytes('schema = 1\ntitle = "ä'.encode() + b'\xff"\n')
    (directory / "x.toml").chmod(0o644)

    (found,) = problems(directory)
    assert (found.code, found.line, found.column, found.message) == ("P001", 2, 11, "the file is not UTF-8")


@pytest.mark.parametrize("name", ["Good.toml", "a.b.toml", "-a.toml", f"{'x' * 41}.toml", "ä.toml", "a b.toml"])
def test_files_with_other_names_are_refused(directory: Path, name: str) -> None:
    write(directory / name, GOOD)

    assert [(code, file) for code, file, _ in refused(directory)] == [("P009", name)]


def test_a_test_file_in_the_wrong_place_is_told_where_it_belongs(directory: Path) -> None:
    write(directory / "good.test.toml", "")

    (found,) = problems(directory)
    assert found.note == "tests of a policy belong into the folder tests/"


def test_a_missing_directory_and_a_file_in_its_place_are_refused(directory: Path) -> None:
    for path, words in ((directory / "none", "no such file"), (directory / "good.toml", "not a directory")):
        with pytest.raises(PolicyError) as raised:
            load(path, Declarative(), load_catalogue(), production=True)
        assert [d.code for d in raised.value.errors] == ["P003"]
        assert words in raised.value.errors[0].message


def test_an_empty_directory_is_no_policy(directory: Path) -> None:
    (directory / "good.toml").unlink()

    with pytest.raises(PolicyError) as raised:
        load(directory, Declarative(), load_catalogue(), production=True)
    assert [d.code for d in raised.value.errors] == ["P012"]


def test_mistakes_of_files_and_of_texts_are_reported_together(directory: Path) -> None:
    os.mkfifo(directory / "base.toml")
    write(directory / "x.toml", 'schema = 1\ntitle = "t"\nextends = "base"\n')
    write(directory / "y.toml", 'schema = 1\ntitle = "t"\n[calls.getmeetings]\nforward = []\n')

    with pytest.raises(PolicyError) as raised:
        load(directory, Declarative(), load_catalogue(), production=True)
    assert [(d.code, d.file) for d in raised.value.errors] == [("P003", "base.toml"), ("P020", "y.toml")]


def test_test_files_are_read_by_the_same_rules(directory: Path) -> None:
    assert read_tests(directory) == ({}, [])

    (directory / "tests").mkdir()
    write(directory / "tests" / "good.test.toml", "# none")
    write(directory / "tests" / "notes.md", "no test")
    os.mkfifo(directory / "tests" / "x.test.toml")

    files, diagnostics = read_tests(directory)
    assert files == {"tests/good.test.toml": "# none"}
    assert [(d.code, d.file) for d in diagnostics] == [("P003", "tests/x.test.toml")]
