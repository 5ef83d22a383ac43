"""How quick the policy is: the rows of the manual's table, measured here and now.

    python bench/policy.py [--repeat N] [DIRECTORY]

Each row is the best and the median of several rounds, in microseconds for one call unless it says otherwise.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from senfcall_avv.bbb import catalog
from senfcall_avv.bbb.call import Call, parse
from senfcall_avv.policy import cases
from senfcall_avv.policy.declarative import Declarative, compile_ruleset
from senfcall_avv.policy.engine import Limits, Policy, Sources, Subject
from senfcall_avv.policy.guard import Guard
from senfcall_avv.policy.language import read
from senfcall_avv.policy.ruleset import Ruleset

CREATE = (
    "name=Jour+Fixe&attendeePW=ap77&moderatorPW=mp77&welcome=Hallo&moderatorOnlyMessage=Nur+f%C3%BCr+Moderierende"
    "&webcamsOnlyForModerator=true&muteOnStart=false&logoutURL=https%3A%2F%2Fverein.example%2Fbbb&maxParticipants=50"
    "&duration=90&meetingID=verein-42&record=false"
)
LOCKS = "".join(f"&lockSettings{name}=false" for name in ("DisableCam", "DisableMic", "DisableNotes", "HideUserList"))
OTHERS = (
    "&autoStartRecording=false&allowStartStopRecording=true&guestPolicy=ALWAYS_ACCEPT&logo=x&bannerText=y&copyright=z"
    "&meetingLayout=SMART_LAYOUT&meta_bbb-origin=Moodle&meta_bbb-origin-version=4.5&meta_bbb-context=Kurs"
    "&voiceBridge=71234&dialNumber=1&foo=1&bar=2"
)
JOIN = "fullName=Ada&meetingID=v1&password=ap77&role=viewer&userID=u-17&createTime=1751373296123&redirect=true"
HTML = CREATE.replace("welcome=Hallo", "welcome=%3Cb%3EHallo%3C%2Fb%3E")


def measure(work: Callable[[], object], repeat: int, number: int = 2000) -> tuple[float, float]:
    """Give the best and the median time of one piece of work, in microseconds."""
    rounds = []
    gc.disable()
    for _ in range(repeat):
        started = time.perf_counter()
        for _ in range(number):
            work()
        rounds.append((time.perf_counter() - started) / number * 1e6)
    gc.enable()
    return min(rounds), statistics.median(rounds)


def called(name: str, query: str) -> Call:
    return parse(name, "GET", query).call


def decisions(policy: Policy, guard: Policy, repeat: int) -> None:
    subject = Subject("verein", "senfcall")
    limited = replace(subject, limits=Limits(duration=60, participants=40))
    rows = [
        ("create, 12 parameters", guard, called("create", CREATE), subject),
        ("  the same without the guard", policy, called("create", CREATE), subject),
        ("  with limits", guard, called("create", CREATE), limited),
        ("  with a tag in the welcome text", guard, called("create", HTML), subject),
        ("create, 30 parameters, 18 of them ignored", guard, called("create", CREATE + LOCKS + OTHERS), subject),
        ("join, 7 parameters", guard, called("join", JOIN), subject),
        ("getMeetingInfo", guard, called("getMeetingInfo", "meetingID=v1"), subject),
        ("getMeetings", guard, called("getMeetings", ""), subject),
        ("refused (end)", guard, called("end", "meetingID=v1"), subject),
        ("answered (getRecordings)", guard, called("getRecordings", "meetingID=v1"), subject),
    ]
    for title, what, call, whose in rows:
        show(title, measure(partial(what.decide, call, whose), repeat))
    explained = called("create", CREATE)
    show("create explained, 12 parameters", measure(partial(guard.explain, explained, subject), repeat, 200))
    show("strict reading of those 12", measure(partial(parse, "create", "GET", CREATE + "&checksum=ab"), repeat))


def show(title: str, measured: tuple[float, float], unit: str = "µs") -> None:
    best, median = measured if unit == "µs" else (measured[0] / 1000, measured[1] / 1000)
    print(f"{title:45} {best:9.2f} {median:9.2f} {unit}")


def memory(ruleset: Ruleset, number: int) -> int:
    """Give the bytes that so many copies of the profile take once they are compiled."""
    shipped = ruleset.profiles["senfcall"]
    many = Ruleset({f"profile-{index}": replace(shipped, name=f"profile-{index}") for index in range(number)})
    catalogue = catalog.load()
    gc.collect()
    tracemalloc.start()
    policy = compile_ruleset(many, catalogue)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(policy.profiles) == number
    return taken


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("directory", nargs="?", default=Path(__file__).parents[1] / "policies", type=Path)
    arguments.add_argument("--repeat", type=int, default=7)
    chosen = arguments.parse_args()
    files = {path.name: path.read_text("utf-8") for path in sorted(chosen.directory.glob("*.toml"))}
    sources, catalogue = Sources(files), catalog.load()
    policy = Declarative().compile(sources, catalogue)
    guard = Guard(policy, catalogue)
    ruleset = read(sources, catalogue)
    test = "senfcall.test.toml"
    tests = cases.read((chosen.directory / "tests" / test).read_text("utf-8"), test)

    print(f"{'':45} {'best':>9} {'median':>9}")
    decisions(policy, guard, chosen.repeat)
    show("reading the files", measure(partial(read, sources, catalogue), chosen.repeat, 3), "ms")
    show("compiling the profiles", measure(partial(compile_ruleset, ruleset, catalogue), chosen.repeat, 20), "ms")
    show(f"{len(tests)} cases", measure(partial(cases.run, tests, guard), chosen.repeat, 5), "ms")
    differences = cases.run(tests, guard)
    print(f"{'  of which differ':45} {len(differences):9}")
    one, twenty = memory(ruleset, 1), memory(ruleset, 20)
    print(f"{'memory of one profile':45} {one / 1024:9.0f} kB")
    print(f"{'memory of 20 profiles (1,000 organisations)':45} {twenty / 1024:9.0f} kB")


if __name__ == "__main__":
    main()
