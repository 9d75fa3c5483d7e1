"""The lab: hypervisors with a device-mapper of their own, on which Headroom's LVM back end is tried for real."""

import argparse
import json
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import artefacts
import payload
from exhaust import Exhaust
from faults import FAULTS, Faults
from grow import Grow
from machines import MOST_MACHINES, Lab
from programs import Failed
from steps import Steps

PROJECT = Path(__file__).parents[2]
DIST = PROJECT / "node-app/target/dist"
TESTS = PROJECT / "tests/target"
DIRECTORY = TESTS / "lab"
SCENARIOS = {"grow": Grow, "exhaust": Exhaust, "faults": Faults}
WRONG = 1
STOPPED = 130


def main():
    options = _options()
    # What is started ends with this program, however it ends; a shell's background job would ignore Ctrl-C.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(STOPPED))
    steps = Steps()
    verdict = {"scenario": options.scenario, "result": "failed"}
    try:
        _run(options, steps, verdict)
        verdict["result"] = "ok"
    except Failed as failed:
        print(f"\nFAILED: {failed}\n\nLogs and LUNs are in {DIRECTORY}", file=sys.stderr)
    verdict.update(seconds=steps.total(), steps=steps.seconds)
    print(json.dumps(verdict))
    return 0 if verdict["result"] == "ok" else WRONG


def _run(options, steps, verdict):
    with steps.step("kernel and root from the distribution's packages"):
        guest = artefacts.provide(options.rebuild, steps.say)
    with steps.step("Headroom as it was built, with an archive of its classes"):
        jar = next(TESTS.glob("headroom-tests-*.jar"))
        image = payload.provide(guest, DIST, jar, options.rebuild, steps.say)
    kind = SCENARIOS[options.scenario]
    machines = options.machines or kind.MACHINES
    lab = Lab(guest, image, DIRECTORY, machines, kind.LUNS, options.memory << 20, options.udev)
    with _booted(lab, steps, verdict):
        if options.hold:
            _hold(lab)
            return
        chosen = {"only": options.only, "rounds": options.rounds} if kind is Faults else {}
        scenario = kind(lab, _java(), steps, **chosen)
        try:
            scenario.run()
        finally:
            scenario.keep_logs()
            verdict["figures"] = scenario.figures


@contextmanager
def _booted(lab, steps, verdict):
    with steps.step(f"{len(lab.machines)} machines boot"):
        lab.__enter__()
    try:
        yield
    finally:
        with steps.step("the machines end"):
            lab.__exit__(None, None, None)
        verdict["memory MiB"] = {machine.name: machine.most_memory >> 20 for machine in lab.machines}


def _hold(lab):
    for machine in lab.machines:
        print(f"{machine.name}: {machine.command()}", file=sys.stderr)
    print("Ctrl-C ends the machines.", file=sys.stderr)
    while True:
        time.sleep(60)


def _java():
    """Runs a class of the project's tests on this machine."""
    return ["java", "-cp", f"{TESTS}/classes:{(TESTS / 'classpath').read_text().strip()}"]


def _options():
    parser = argparse.ArgumentParser(prog="make lab ARGS=...", description=__doc__)
    parser.add_argument("--scenario", default="grow", choices=SCENARIOS, help="what is tried; grow by default")
    parser.add_argument("--machines", type=int, choices=range(2, MOST_MACHINES + 1), help="2 by default")
    parser.add_argument("--memory", type=int, default=1024, help="of each machine, in MiB; 1024 by default")
    parser.add_argument("--udev", action="store_true", help="the machines run udev")
    parser.add_argument("--rebuild", action="store_true", help="build everything anew, whatever the cache has")
    parser.add_argument("--hold", action="store_true", help="boot the machines, tell how to log in, run no scenario")
    parser.add_argument(
        "--only", type=lambda names: names.split(","), help=f"with faults: which of {', '.join(FAULTS)}, with commas"
    )
    parser.add_argument("--rounds", type=int, help="with faults: of each fault; by default one to three")
    options = parser.parse_args()
    if (options.only or options.rounds) and options.scenario != "faults":
        parser.error("--only and --rounds are for --scenario faults")
    if not set(options.only or ()) <= set(FAULTS):
        parser.error(f"--only takes {', '.join(FAULTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
