"""The pool is empty, and then it is not: guests of two hypervisors run real volumes into ENOSPC, twice.

The first time a LUN is added in order, the second time the SPM's node is killed as soon as LVM has the LUN. Every guest
that waited for space has to go on by itself, once; the one that a person holds has to stay.
"""

import time

from guest_vm import Writing
from machines import lun
from programs import Failed, wait_until
from stage import CHUNK, POOL, Stage

GUESTS = {"red": 1, "green": 2, "blue": 2}
"""The hosts by their volumes, which are named as their VMs."""
HELD = "blue"
INITIAL = 2 * CHUNK
RATE = 0.5
"""MiB a second, each guest."""
SIZE = 104
"""MiB, each guest; the first two LUNs have room for about three quarters of it."""
VIRTUAL_SIZE = "512M"

FIRST_LUN, SMALL_LUN, LARGE_LUN, NEIGHBOUR = range(4)

LOOK = 3
"""Seconds between two questions to a node while guests write."""
STARVED_LIMIT = 600
RUNNING_LIMIT = 600
WRITING_LIMIT = 900


class Exhaust:
    MACHINES = 2
    LUNS = (368, 224, 1024, 512)
    """MiB. LVM's metadata takes 128 of each of the first two, mailbox and leases 92 of the first."""

    def __init__(self, lab, java, steps):
        self._stage = Stage(lab, java, steps)
        self._step = steps.step
        self._say = steps.say
        self._lab = lab
        self._writings = {name: Writing(java, number, SIZE, RATE) for number, name in enumerate(GUESTS, start=1)}
        self._vms = {}
        self._killed = None
        """The epoch whose SPM was killed."""
        self.keep_logs = self._stage.keep_logs
        self.figures = {}

    def run(self):
        spm = self._stage.set_up(luns=[FIRST_LUN])
        with self._step("headroom volume create, for guests on both hosts"):
            for name in GUESTS:
                self._stage.create_volume(name, VIRTUAL_SIZE, INITIAL)
        with self._step("the VMs start, and their disks are guarded"):
            for name in GUESTS:
                self._vms[name] = self._stage.start_vm(self._user(name), name, self._writings[name])
        with self._step("the guests write until the pool is full, and QEMU pauses every one of them"):
            self._await_starved()
        with self._step("the cause stands in vm list, disks and status"):
            self._verify_told()
        with self._step(f"headroom vm hold {HELD}"):
            self._user(HELD).order("POST", f"vms/{HELD}/hold")
        with self._step("devices that are no LUN for the pool are refused"):
            self._refuse_wrong_luns()
        with self._step("headroom lun add; all but the held guest go on by themselves, once"):
            self._add_in_order()
        with self._step(f"the others are starved again; headroom vm release {HELD}, which goes on, once"):
            self._release_the_held()
        with self._step("every guest is starved again"):
            self._await_starved()
        with self._step("headroom lun add, and kill -9 of the SPM's node as soon as LVM has the LUN"):
            self._add_and_kill(self._stage.node(self._user("red").get("pool")["spm"]))
        with self._step("the guests write to the end, and the VMs end"):
            self._await_the_end()
        with self._step("the data is verified, sector by sector"):
            for name, writing in self._writings.items():
                self._stage.verify_data(self._user(name), name, writing)
        with self._step("the audit is one story, and ends at the sizes that LVM tells; the group is consistent"):
            self._verify_told_in_the_end(spm)
        self._stage.clear(GUESTS)

    def _user(self, name):
        return self._stage.node(GUESTS[name])

    def _states(self):
        """The VMs as their hosts tell of them, by their names."""
        told = [node.get("vms") for node in self._stage.nodes]
        return {vm["name"]: vm for answer in told if answer for vm in answer["vms"]}

    def _await_starved(self):
        def starved():
            states = self._states()
            pool = self._stage.nodes[0].get("pool")
            waiting = {request["vm"] for request in pool["waiting"] if request["paused"]} if pool else set()
            return waiting == set(GUESTS) and all(states[name]["pause"] in ("no-space", "held") for name in GUESTS)

        wait_until("every guest is paused for want of space", STARVED_LIMIT, starved, LOOK)
        for name, vm in self._vms.items():
            errors = vm.events("BLOCK_IO_ERROR")
            if not errors or not all(error["data"]["nospace"] for error in errors):
                raise Failed(f"QEMU tells of {name}: {errors}")
        pool = self._stage.nodes[0].get("pool")
        free, capacity = pool["freeBytes"] >> 20, pool["capacityBytes"] >> 20
        self._say(f"{free} of {capacity} MiB are free, the level is {pool['level']}")

    def _verify_told(self):
        """On the command line, of the first host's VMs; the SPM's requests are those of both hosts."""
        node = self._stage.nodes[0]
        states = self._states()
        own = [name for name in GUESTS if GUESTS[name] == node.host]
        for command in (["vm", "list"], ["disks"], ["status"]):
            told = node.command(*command)
            for name in own:
                if states[name]["pauseWhy"] not in told:
                    raise Failed(f"headroom {' '.join(command)} does not say why {name} stands:\n{told}")
        for line in told.splitlines():
            self._say(line)
        for name in GUESTS:
            if not any(line.startswith("waiting") and f" {name} " in line for line in told.splitlines()):
                raise Failed(f"headroom status does not say that {name} waits")

    def _refuse_wrong_luns(self):
        first, second = self._stage.nodes
        before = self._stage.lvm_changes(first.machine)
        self._refuse(NEIGHBOUR, "neighbour")
        self._refuse(FIRST_LUN, None)
        second.machine.lose_lun(SMALL_LUN)
        self._refuse(SMALL_LUN, "host 2")
        second.machine.find_luns()
        first.machine.run("mkswap", lun(SMALL_LUN))
        self._refuse(SMALL_LUN, "swap")
        first.machine.run("wipefs", "-a", lun(SMALL_LUN))
        if (after := self._stage.lvm_changes(first.machine)) != before:
            raise Failed(f"what was refused changed the pool {after - before} times")
        for name, state in self._states().items():
            if state["pause"] not in ("no-space", "held"):
                raise Failed(f"{name} does not stand any more: {state}")

    def _refuse(self, index, word):
        """The LUN is refused with a reason that has the word; None: it is the pool's already, and nothing is done."""
        node = self._stage.nodes[0]
        if word is None:
            self._say(node.order("POST", "luns", device=lun(index))["what"])
            return
        cause = node.refusal("POST", "luns", device=lun(index))
        self._say(cause)
        if word not in cause:
            raise Failed(f"the refusal of {lun(index)} does not name {word}")

    def _add_in_order(self):
        node = self._stage.nodes[0]
        for line in node.order("POST", "luns", device=lun(SMALL_LUN), dryRun=True)["steps"]:
            self._say(line)
        seen = self._resumes()
        began = time.time()
        self._say(node.order("POST", "luns", device=lun(SMALL_LUN))["what"])
        self.figures["lun add ms"] = round((time.time() - began) * 1000)
        waiting = [name for name in GUESTS if name != HELD]
        self._await_resumed(waiting, seen)
        self._tell("lun add to last running ms", began, waiting)
        if self._resumes()[HELD] != seen[HELD] or self._states()[HELD]["pause"] != "held":
            raise Failed(f"{HELD} is held and did not stay: {self._states()[HELD]}")

    def _release_the_held(self):
        wait_until(
            "the others are starved again",
            STARVED_LIMIT,
            lambda: all(state["pause"] == "no-space" for name, state in self._states().items() if name != HELD),
            LOOK,
        )
        seen = self._resumes()
        self._user(HELD).order("POST", f"vms/{HELD}/release")
        self._await_resumed([HELD], seen)

    def _add_and_kill(self, spm):
        """The order is given to the other node, as a person does who has an answer then or asks again."""
        other = next(node for node in self._stage.nodes if node is not spm)
        device = lun(LARGE_LUN)
        count = len((FIRST_LUN, SMALL_LUN, LARGE_LUN))
        has_it = f"(($(lvm vgs --readonly --noheadings -o pv_count {POOL} 2>/dev/null) == {count}))"
        seen = self._resumes()
        self._killed = other.get("pool")["epoch"]
        began = time.time()
        spm.kill_when(has_it)
        try:
            self._say(other.order("POST", "luns", tries=1, device=device)["what"])
        except (Failed, OSError) as lost:
            self._say(f"the order ends with: {lost}")
        wait_until("the SPM's node is gone", RUNNING_LIMIT, lambda: not spm.is_alive())
        spm.start()  # as its unit does
        self._await_resumed(GUESTS, seen)
        self._tell("lun add with killed SPM to last running ms", began, GUESTS)
        other.await_serving()
        self._say(other.order("POST", "luns", device=device)["what"])

    def _await_resumed(self, names, seen):
        """Each of the guests runs, and went on once; how often each had gone on before stands in SEEN."""

        def running():
            states = self._states()
            return all(states.get(name, {}).get("pause") == "none" for name in names)

        wait_until(f"{', '.join(names)} go on", RUNNING_LIMIT, running)
        now = self._resumes()
        for name in names:
            if now[name] != seen[name] + 1:
                raise Failed(f"{name} should go on once, and did {now[name] - seen[name]} times")

    def _resumes(self):
        return {name: len(vm.events("RESUME")) for name, vm in self._vms.items()}

    def _tell(self, what, began, names):
        """The milliseconds until the last of the guests went on, by what QEMU told."""
        last = max(self._resumed_at(name) for name in names)
        self.figures[what] = round((last - began) * 1000)
        self._say(f"{what}: {self.figures[what]}")

    def _resumed_at(self, name):
        told = self._vms[name].events("RESUME")[-1]["timestamp"]
        return told["seconds"] + told["microseconds"] / 1e6 - self._user(name).machine.clock_ahead()

    def _await_the_end(self):
        seen = self._resumes()
        for name, vm in self._vms.items():
            wait_until(f"the guest {name} is done", WRITING_LIMIT, vm.is_done)
        if (now := self._resumes()) != seen:
            raise Failed(f"with enough space guests were paused again: {seen}, then {now}")
        self.figures["pauses"] = {name: len(vm.events("STOP")) for name, vm in self._vms.items()}
        for name, vm in self._vms.items():
            self._stage.end(self._user(name), vm, pauses=True)

    def _verify_told_in_the_end(self, node):
        history = self._stage.verify_history(node)
        kinds = {line["kind"] for line in history.lines}
        for kind in ("level-critical", "level-normal", "lun-added", "held"):
            if kind not in kinds:
                raise Failed(f"the audit has no line of the kind {kind}")
        for machine in self._lab.machines:
            self._stage.verify_group(machine)
        added = max(index for index, line in enumerate(history.lines) if line["kind"] == "lun-added")
        self._say(f"of the last LUN: {history.lines[added]['text']}, in epoch {history.lines[added]['epoch']}")
        shared = [line["epoch"] for line in history.lines[added:] if line["kind"] == "extended"]
        self.figures["of it shared out before the kill"] = shared.count(self._killed)
        self.figures["extensions"] = sum(len(history.growths(name)) for name in GUESTS)
