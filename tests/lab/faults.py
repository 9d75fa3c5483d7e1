"""One fault after the other with the lease on the storage itself, while guests of another host write.

After each: one SPM under a later epoch, nobody else with its lease, a disk has grown since, no guest was paused, the audit is
one story that ends at the sizes that LVM tells, the group is consistent. What does not hold is told, and the next one begins.
"""

import time
from contextlib import contextmanager

from guest_vm import Writing
from node import Refused
from programs import Failed, wait_until
from stage import HEARTBEAT_PAUSE, IO_TIMEOUT, Stage

GUESTS = ("web", "db")
"""Both on the first machine, which is never the SPM's when a fault begins: PostgreSQL is there, too."""
USER = 1
RATE = 0.2
"""MiB a second, each guest."""
SIZE = 900
"""MiB, each guest; more than an hour's work."""
INITIAL = 48
AHEAD = 60
"""Seconds that a disk keeps ahead: it asks with so much left, and has more than twice that when it has grown."""
LONGEST_OUTAGE = 100
"""Seconds that guests have left when an outage begins that is longer than AHEAD. If that were as long, they would grow too
rarely to be watched."""

DATABASE_OUTAGE = 180
"""Seconds for which the database is away at least, while guests write."""

TAKEOVER_LIMIT = 240
SETTLING_LIMIT = 300
LOOK = 1
"""Seconds between two questions to a node: whoever asks all the time measures himself."""


def noticed(pause):
    """Seconds until a silent node is removed from the cluster, by cluster-system.conf: heartbeat and its expected
    answer, the pause that is accepted, a stable view, the resolver's look, the removal."""
    return 0.5 + 0.5 + pause + 1 + 1 + 0.5


def free_again(io_timeout):
    """Seconds until sanlock gives away what a host had that is not heard of: its rule, and a renewal until it looks."""
    return 8 * io_timeout + 60 + 2 * io_timeout


BEAT_LIMIT = 10
"""Seconds for which a keeper waits for its node."""
MINORITY_DELAY = 1
AGAIN = 1
"""Seconds until an SPM whose lease was lost tries again."""


@contextmanager
def killed_node(stage, spm):
    spm.kill()
    try:
        yield
    finally:
        spm.start()


@contextmanager
def killed_keeper(stage, spm):
    spm.machine.run("kill", "-9", spm.keepers()[0])
    yield


@contextmanager
def killed_keeper_and_waiter(stage, spm):
    spm.machine.run("kill", "-9", *spm.keepers())
    yield


@contextmanager
def frozen_node(stage, spm):
    spm.signal("STOP")
    try:
        yield
    finally:
        spm.signal("CONT")


@contextmanager
def cut_spm(stage, spm):
    with _cut(stage, spm.host):
        yield


@contextmanager
def cut_user(stage, spm):
    with _cut(stage, USER):
        yield


@contextmanager
def _cut(stage, host):
    for other in stage.nodes:
        if other.host != host:
            stage.lab.switch.cut(host, other.host)
    try:
        yield
    finally:
        stage.lab.switch.heal()


@contextmanager
def lost_storage(stage, spm):
    spm.machine.let_storage("offline")
    try:
        yield
    finally:
        spm.machine.let_storage("running")


@contextmanager
def moved(stage, spm):
    spm.order("POST", "spm/move")
    yield


@contextmanager
def stopped_node(stage, spm):
    spm.stop()
    try:
        yield
    finally:
        spm.start()


@contextmanager
def lost_database(stage, spm):
    stopped = time.monotonic()
    stage.stop_database()
    spm.kill()
    try:
        yield
        time.sleep(max(0.0, stopped + DATABASE_OUTAGE - time.monotonic()))
    finally:
        stage.start_database()
        spm.start()


@contextmanager
def lost_power(stage, spm):
    spm.machine.kill()
    try:
        yield
    finally:
        spm.machine.start()
        spm.machine.await_up()
        stage.start_sanlock(spm.machine)
        stage.configure(spm)
        spm.start()


class Fault:
    def __init__(self, inflicted, rounds, bound, what, spm_stays=False, grows=False, machines=2):
        """INFLICTED is a context in which the fault lasts: until another SPM serves if not SPM_STAYS, and until a disk
        has grown if GROWS. BOUND is what the settings add up to, in seconds, until another SPM may begin; it does not
        count what the beginning itself takes. With fewer MACHINES it is another fault."""
        self.inflicted = inflicted
        self.rounds = rounds
        self.bound = bound
        self.what = what
        self.spm_stays = spm_stays
        self.grows = grows
        self.machines = machines


NOTICED = noticed(HEARTBEAT_PAUSE)
FAULTS = {
    "kill-node": Fault(killed_node, 3, NOTICED, "kill -9 of the SPM's node"),
    "kill-keeper": Fault(killed_keeper, 3, AGAIN, "kill -9 of its keeper"),
    "kill-chain": Fault(killed_keeper_and_waiter, 3, AGAIN, "kill -9 of its keeper and waiter"),
    "freeze-node": Fault(frozen_node, 3, max(BEAT_LIMIT, NOTICED), "SIGSTOP of the SPM's node, then SIGCONT"),
    "cut-spm": Fault(cut_spm, 3, NOTICED + MINORITY_DELAY, "the SPM's machine is cut off from the others"),
    "cut-user": Fault(cut_user, 2, 0, "the guests' machine is cut off", spm_stays=True, grows=True, machines=3),
    "move": Fault(moved, 3, 0, "headroom spm move"),
    "stop-node": Fault(stopped_node, 2, 0, "the SPM's node stops in order"),
    "lose-database": Fault(lost_database, 1, NOTICED, "PostgreSQL stops, then kill -9 of the SPM's node", grows=True),
    "lose-storage": Fault(lost_storage, 1, free_again(IO_TIMEOUT), "the SPM's machine loses every LUN"),
    "lose-power": Fault(lost_power, 1, free_again(IO_TIMEOUT), "the SPM's machine loses its power"),
}


class Faults:
    MACHINES = 2
    LUNS = (16 << 10, 16 << 10, 16 << 10)

    def __init__(self, lab, java, steps, only=None, rounds=None):
        """ONLY some of the faults; so many ROUNDS of each instead of its own number."""
        self._stage = Stage(lab, java, steps, takeover=AHEAD)
        self._step = steps.step
        self._say = steps.say
        self._faults = {name: FAULTS[name] for name in only or FAULTS if FAULTS[name].machines <= len(lab.machines)}
        if missing := set(only or ()) - set(self._faults):
            raise Failed(f"more machines are needed for {', '.join(missing)}")
        self._writings = {name: Writing(java, number, SIZE, RATE) for number, name in enumerate(GUESTS, start=1)}
        self._rounds = rounds
        self._vms = {}
        self._user = self._stage.node(USER)
        self.keep_logs = self._stage.keep_logs
        self.figures = {"faults": 0, "violations": 0}

    def run(self):
        self._stage.set_up(luns=(0, 1))
        with self._step("volumes and VMs on hv1"):
            for name in GUESTS:
                self._stage.create_volume(name, "4G", INITIAL)
                self._vms[name] = self._stage.start_vm(self._user, name, self._writings[name])
        for name, fault in self._faults.items():
            for number in range(1, (self._rounds or fault.rounds) + 1):
                try:
                    self._round(name, fault, number)
                except Failed as violation:
                    self.figures["violations"] += 1
                    self._say(f"VIOLATION of {name} {number}: {violation}")
                self.figures["faults"] += 1
        with self._step("the VMs end, and their data is verified, sector by sector"):
            self._verify_data()
        self._stage.clear(GUESTS)
        if found := self.figures["violations"]:
            raise Failed(f"{found} of {self.figures['faults']} faults broke a promise")

    def _round(self, name, fault, number):
        with self._step(f"{name} {number}: an SPM that is elsewhere, and guests with time"):
            spm = self._elsewhere()
            if fault.bound > AHEAD:
                self._await_time()
            epoch = self._user.get("pool")["epoch"]
        with self._step(f"{name} {number}: {fault.what}"):
            began = time.time()
            with fault.inflicted(self._stage, spm):
                if not fault.spm_stays:
                    self._await_takeover(spm, epoch)
                if fault.grows:
                    self._await_growth()
            healed = time.time()
        with self._step(f"{name} {number}: one SPM, reached by every node; a disk has grown since"):
            present = self._await_agreement()
            well = time.time() - healed
            self._await_growth()
        with self._step(f"{name} {number}: the audit, the group, the guests"):
            history = self._stage.verify_history(self._user)
            self._verify(present)
        self._tell(name, fault, history, began, epoch, well)

    def _elsewhere(self):
        """The SPM's node, which is not the guests' when this returns."""
        host = self._user.await_serving()
        if host == USER:
            to = next(node.host for node in self._stage.nodes if node.host != USER)
            self._move(to)
            self._user.await_serving(to)
            self._await_agreement()
            host = to
        return self._stage.node(host)

    def _move(self, to):
        """A move is refused until every member answers, which takes a moment after the start and after a takeover."""

        def ordered():
            try:
                return self._user.order("POST", "spm/move", to=to)
            except Refused:
                return None

        wait_until(f"the SPM's role goes to host {to}", SETTLING_LIMIT, ordered, LOOK)

    def _await_time(self):
        def enough():
            disks = [self._stage.disk(self._user, name) for name in GUESTS]
            return all((disk.get("leftSeconds") or 0) > LONGEST_OUTAGE for disk in disks)

        wait_until(f"every guest has {LONGEST_OUTAGE} s ahead", SETTLING_LIMIT, enough, LOOK)

    def _await_takeover(self, spm, epoch):
        others = [node for node in self._stage.nodes if node is not spm]

        def taken_over():
            pools = [node.get("pool") for node in others]
            return any(pool and pool["phase"] == "serving" and pool["epoch"] > epoch for pool in pools)

        wait_until("another SPM serves", TAKEOVER_LIMIT, taken_over, LOOK)

    def _await_agreement(self):
        """Every node is a member and reaches the same SPM, which has nothing to complain of."""

        def agreed():
            states = [node.get("status") for node in self._stage.nodes]
            if not all(state and state["member"] and state["pool"] for state in states):
                return None
            pools = [state["pool"] for state in states]
            told = {(pool["spm"], pool["epoch"], pool["phase"]) for pool in pools}
            fine = len(told) == 1 and pools[0]["phase"] == "serving" and not pools[0]["problems"]
            return pools[0] if fine else None

        return wait_until("every node reaches the one SPM", SETTLING_LIMIT, agreed, LOOK)

    def _await_growth(self):
        def extensions():
            """Of both disks; nothing while their host does not answer."""
            disks = [self._stage.disk(self._user, name) for name in GUESTS]
            return all(disk["phase"] != "unknown" for disk in disks) and sum(disk["extensions"] for disk in disks) + 1

        before = wait_until("the host tells of its disks", SETTLING_LIMIT, extensions, LOOK)
        wait_until("a disk grows", SETTLING_LIMIT, lambda: extensions() > before, LOOK)

    def _verify(self, pool):
        for node in self._stage.nodes:
            if bool(node.keepers()) != (node.host == pool["spm"]):
                raise Failed(f"the SPM's lease: host {node.host} has {node.keepers()}, and host {pool['spm']} serves")
        self._stage.verify_group(self._user.machine)
        for name, vm in self._vms.items():
            if pauses := vm.pauses():
                raise Failed(f"the guest {name} was paused: {pauses}")

    def _tell(self, name, fault, history, began, epoch, well):
        told = self.figures.setdefault(name, {"runs": 0, "bound s": fault.bound, "well again s": []})
        told["runs"] += 1
        told["well again s"].append(round(well, 1))
        if not fault.spm_stays:
            taken = history.takeover(epoch)
            served = self._moment(taken)
            last = history.stepping_down(epoch)
            until = max(began, self._moment(last)) if last else began
            told.setdefault("fault to new SPM s", []).append(round(served - began, 1))
            told.setdefault("gap s", []).append(round(served - until, 1))
            told.setdefault("takeover itself ms", []).append(int("".join(filter(str.isdigit, taken["text"]))))
            told.setdefault("epochs", []).append(self._user.get("pool")["epoch"] - epoch)
        self._say(f"{name}: {told}")

    def _moment(self, line):
        """When the SPM wrote the line, by this machine's clock."""
        return self._stage.moment(self._stage.node(line["host"]).machine, line["at"])

    def _verify_data(self):
        written = {}
        for name, vm in self._vms.items():
            written[name] = vm.written()
            self._stage.end(self._user, vm)
        for name, writing in self._writings.items():
            self._stage.verify_data(self._user, name, writing, at_least=written[name])
        self.figures["MiB verified"] = {name: size >> 20 for name, size in written.items()}
