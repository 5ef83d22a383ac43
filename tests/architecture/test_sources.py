"""Rules that hold for every file: what the sources must not contain, looked for in the sources themselves.

Each rule is tried on a planted sin first, so that none of them can be blind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from importlib.metadata import version
from pathlib import Path

import pytest
from chameleon import PageTemplate, PageTemplateFile
from chameleon.exc import TemplateError

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "senfcall_avv"
LONGEST = {"senfcall_avv": 350, "bench": 350, "tests": 600}
"""Lines of a file. Tests may be longer: their cases are tables in which one looks something up."""
LONGER: dict[str, str] = {
    "senfcall_avv/policy/commands.py": "five small commands that print, each of them read by itself",
}
"""Files that may be longer, with the reason."""
FLOORS = {
    "webob": (1, 8, 11),  # CVE-2024-42353: redirects to another host
    "pyramid": (2, 0, 2),  # CVE-2023-40587: static files outside of their folder
    "waitress": (3, 0, 1),  # CVE-2024-49768: a request processed after the connection was refused
    "lxml": (6, 1, 0),
    "gunicorn": (23, 0, 0),  # CVE-2024-1135 and 2024-6827: smuggled requests. Only where somebody serves with it
}
NEEDED = frozenset(FLOORS) - {"gunicorn"}

SERIALISERS = frozenset(("pickle", "cPickle", "marshal", "shelve", "dill", "jsonpickle", "yaml"))
MACHINES = re.compile("|".join(f"/{top}/[a-z]" for top in ("work", "home", "root", "Users")) + "|/tmp/" + "scratch")

Find = Callable[[ast.AST], Iterator[str]]


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [(node.module or "").partition(".")[0]] if isinstance(node, ast.ImportFrom) and not node.level else []


def unpacks_code(node: ast.AST) -> Iterator[str]:
    """Whatever makes code or objects out of data."""
    yield from (name for name in _imported(node) if name in SERIALISERS)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec", "compile"}:
        yield node.func.id


def guessable(node: ast.AST) -> Iterator[str]:
    """The generator whose output tells what comes next; ``secrets`` and ``os.urandom`` are for us."""
    yield from (name for name in _imported(node) if name == "random")


def trusts_the_proxys_word(node: ast.AST) -> Iterator[str]:
    """WebOb's idea of the client's address takes any X-Forwarded-For at its word."""
    if isinstance(node, ast.Attribute) and node.attr in {"client_addr", "remote_user", "host_url", "application_url"}:
        yield node.attr


def reads_unchecked_parameters(node: ast.AST) -> Iterator[str]:
    """What WebOb reads from a request is not what was signed."""
    unchecked = {"params", "GET", "POST", "json", "json_body", "body", "body_file", "text", "cookies", "session"}
    if not isinstance(node, ast.Attribute) or node.attr not in unchecked:
        return
    at = node.value
    if (isinstance(at, ast.Name) and at.id == "request") or (isinstance(at, ast.Attribute) and at.attr == "request"):
        yield node.attr


def streams(node: ast.AST) -> Iterator[str]:
    """A body that is made while it is sent is made after the transaction's end."""
    if isinstance(node, ast.keyword) and node.arg in {"app_iter", "body_file"}:
        yield node.arg
    if isinstance(node, ast.Assign) and any(
        isinstance(t, ast.Attribute) and t.attr == "app_iter" for t in node.targets
    ):
        yield "app_iter"


def shows_exceptions(node: ast.AST) -> Iterator[str]:
    """The standard library's loggers would write messages and arguments; ``logs`` knows what may be shown."""
    named = isinstance(node, ast.Attribute) and node.attr in {"print_exc", "format_exc", "format_exception"}
    if named:
        yield node.attr  # type: ignore[attr-defined]  # mypy does not follow `named`
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "breakpoint"}:
        yield node.func.id


RULES: dict[str, tuple[Find, str, tuple[str, ...], str]] = {
    # name: rule, where, but not in, a sin
    "no objects from data": (unpacks_code, "", (), "import pickle\nimport yaml.loader\neval('1')"),
    "no guessable numbers": (guessable, "", ("simulator",), "from random import choice"),
    "no word of a proxy": (trusts_the_proxys_word, "", (), "request.client_addr"),
    "no unchecked parameter": (
        reads_unchecked_parameters,
        "gateway",
        (),
        "request.params\nself.request.POST\nrequest.GET['x']\nrequest.cookies",
    ),
    "no streaming": (streams, "", (), "Response(app_iter=x)\nresponse.app_iter = x"),
    "no exception in full": (
        shows_exceptions,
        "",
        ("simulator",),
        "traceback.print_exc()\nprint('x')",
    ),
}


def sins(find: Find, source: str) -> list[str]:
    return [found for node in ast.walk(ast.parse(source)) for found in find(node)]


def modules(room: str, exceptions: tuple[str, ...]) -> Iterator[Path]:
    for path in sorted((PACKAGE / room).rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in exceptions:
            yield path


@pytest.mark.parametrize("rule", RULES)
def test_no_module_breaks_a_rule(rule: str) -> None:
    find, room, exceptions, sin = RULES[rule]
    assert all(sins(find, line) for line in sin.splitlines())
    looked_at = list(modules(room, exceptions))
    assert looked_at
    found = {str(path.relative_to(ROOT)): sins(find, path.read_text()) for path in looked_at}
    assert {path: what for path, what in found.items() if what} == {}


TEMPLATE_SINS = {
    "markup as it is": (r"\bstructure\b", '<p tal:content="structure x">'),
    "code": (r"<\?python|\bpython:|\bimport:", "<?python x = 1 ?>"),
    "script in the page": (r"<script(?![^>]*\ssrc=)", "<script>x()</script>"),
    "style in the page": (r"<style\b|\sstyle\s*=", '<p style="color: red">'),
    "handler in the page": (r"\son[a-z]+\s*=", '<a onclick="x()">'),
    "address that is code": (r"(?:javascript|vbscript|data):", '<a href="javascript:x()">'),
    "other origin": (r"""(?:src|href)=["']?(?:https?:)?//""", '<link href="//cdn.example.org/x.css">'),
}
TEMPLATES = sorted(PACKAGE.rglob("*.pt"))


@pytest.mark.parametrize("sin", TEMPLATE_SINS)
def test_no_template_has_what_the_content_policy_forbids(sin: str) -> None:
    pattern, example = TEMPLATE_SINS[sin]
    looks = re.compile(pattern, re.IGNORECASE)
    assert looks.search(example)
    assert TEMPLATES
    assert [path.name for path in TEMPLATES if looks.search(path.read_text())] == []


def test_all_templates_compile() -> None:
    with pytest.raises(TemplateError):
        PageTemplate("<p tal:content='text>'>")
    for path in TEMPLATES:
        assert PageTemplateFile(str(path)).cook_check()


def sources() -> list[Path]:
    """Give every text of the project that people write, tests included."""
    kinds = {".py", ".pt", ".css", ".js", ".toml", ".cfg", ".ini", ".md", ".mako", ".txt", ".po", ".pot", ".json", ""}
    found = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in kinds]
    for folder in ("senfcall_avv", "tests", "bench", "policies", "docs", ".ci"):
        inside = (ROOT / folder).rglob("*")
        found += [path for path in inside if path.is_file() and path.suffix in kinds]
    return sorted(path for path in found if not {"__pycache__", "node_modules"} & set(path.parts))


def test_no_file_names_a_machines_folders() -> None:
    assert MACHINES.search("see /" + "work/x and /" + "home/somebody")
    texts = sources()
    assert len(texts) > 100
    assert [str(path.relative_to(ROOT)) for path in texts if MACHINES.search(path.read_text())] == []


@pytest.mark.parametrize("folder", LONGEST)
def test_files_stay_small(folder: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".pt", ".css", ".js"} and "node_modules" not in path.parts
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST[folder] and name not in LONGER} == {}
    assert all((ROOT / name).exists() and reason for name, reason in LONGER.items())


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def test_installed_libraries_have_their_known_holes_closed() -> None:
    for name in NEEDED:
        assert numbers(version(name)) >= FLOORS[name], name


def test_no_older_version_can_be_installed() -> None:
    """Both by the lower bounds that we declare and by the exact versions that we ship with."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    declared = dict(re.findall(r"^([a-z0-9_-]+)>=([0-9.]+)", setup["options"]["install_requires"], re.MULTILINE))
    assert declared.keys() >= NEEDED
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / file).read_text()
        pinned = dict(re.findall(r"^([a-z0-9._-]+)==([0-9.]+)", text, re.MULTILINE))
        assert pinned.keys() >= NEEDED
        assert len(re.findall(r"^[a-z0-9._\[\]-]+==", text, re.MULTILINE)) <= text.count("--hash=sha256:")
        for name, floor in FLOORS.items():
            assert numbers(pinned.get(name, "999")) >= floor, (file, name)
    for name in NEEDED:
        assert numbers(declared[name]) >= FLOORS[name][: len(numbers(declared[name]))], name
