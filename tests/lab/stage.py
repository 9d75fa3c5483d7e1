"""What every scenario of the lab begins with, ends with and asks again and again: Headroom on real volumes."""

import re
from datetime import datetime

from artefacts import DATABASE
from bare import Neighbour
from guest_vm import Vm, read_back
from history import History
from machines import lun
from node import LOG, Node
from programs import Failed, wait_until

POOL = "san"
POOL_DEVICES = "/dev/disk/by-id/wwn-*"
"""Everything that a node may look at: the neighbour's LUN, too."""
IO_TIMEOUT = 2
CHUNK = 16
"""MiB by which a disk grows."""
HEARTBEAT_PAUSE = 10

DATABASE_LIMIT = 120
ARMED_LIMIT = 180
RELEASE_LIMIT = 180
LEDGER_LIMIT = 180
GROWING_LIMIT = 900
OWN_VOLUMES = ("headroom_mailbox", "headroom_leases")

CONFIGURATION = """
headroom {{
  host-id = {machine.number}
  cluster.host = "{machine.address}"
  http.host = "0.0.0.0"
  pool {{
    backend = "lvm"
    lease = "sanlock"
    vg = "{pool}"
    devices = ["{devices}"]
    sanlock {{ io-timeout = {io_timeout}s, watchdog = "none-in-a-test" }}
  }}
  journal {{ url = "jdbc:postgresql://{database}/postgres", user = "postgres" }}
  growth {{ smallest-chunk = {chunk}M, largest-chunk = {chunk}M, takeover = {takeover}s }}
}}
# A machine without KVM stands still for seconds when its host is busy; that is no reason to believe it dead.
pekko.cluster.failure-detector.acceptable-heartbeat-pause = {heartbeat_pause}s
"""


class Stage:
    """The nodes, their pool and their volumes. PostgreSQL runs on the first machine."""

    def __init__(self, lab, java, steps, takeover=20):
        """JAVA runs a class of the project's tests on this machine; STEPS tells and times what is done. The last LUN is
        the neighbour's. A disk keeps TAKEOVER seconds ahead."""
        self.lab = lab
        self.java = java
        self.step = steps.step
        self.say = steps.say
        self.nodes = [Node(machine) for machine in lab.machines]
        self.neighbour = Neighbour(len(lab.luns) - 1)
        self._takeover = takeover

    def set_up(self, luns):
        """Makes the pool on LUNS, numbers of the lab's; the host that is SPM in the end."""
        with self.step("sanlock starts, without a watchdog: these machines have none"):
            for machine in self.lab.machines:
                self.start_sanlock(machine)
        with self.step("PostgreSQL starts on hv1, for the pool's history"):
            self.start_database()
        with self.step("a neighbour: another volume group, on a LUN that every node may look at"):
            self.neighbour.create(self.lab.machines[0])
        with self.step("headroom pool create"):
            self._create_pool(luns)
        with self.step("the nodes start, and one of them is SPM"):
            for node in self.nodes:
                node.start()
            for node in self.nodes:
                node.await_ready()
            spm = self.nodes[0].await_serving()
            for node in self.nodes:
                node.await_serving(spm)
        return self.node(spm)

    def clear(self, volumes):
        """Deletes the volumes, stops everything, and looks at what is left."""
        with self.step("what was made is deleted; the pool is empty"):
            for name in volumes:
                self.nodes[0].order("DELETE", f"volumes/{name}")
            if left := self.nodes[0].get("volumes")["volumes"]:
                raise Failed(f"the pool still has {left}")
        with self.step("the nodes stop; the group is consistent, and the kernels hold nothing of the volumes"):
            self._stop()
        with self.step("the neighbour is as it was left"):
            self.neighbour.verify_untouched(self.lab.machines[0])

    def keep_logs(self):
        """Puts what the machines have to say beside their consoles."""
        for machine in self.lab.machines:
            if machine.is_up():
                told = f"cat {LOG}; dmesg; lvm lvs -a -o +lv_tags,devices; dmsetup table; sanlock status"
                log = machine.shell(told)
                (self.lab.directory / f"{machine.name}.log").write_text(log.output + log.errors)

    def start_sanlock(self, machine):
        machine.run("sanlock", "daemon", "-w", 0, "-h", 0, "-l", 0, "-U", "root", "-G", "root", "-e", machine.name)

    def start_database(self):
        machine = self.lab.machines[0]
        options = f"-D {DATABASE} -k /tmp -h 0.0.0.0 -c jit=off -c shared_buffers=16MB"
        user = "--reuid=postgres --regid=postgres --clear-groups"
        machine.shell(f"setsid setpriv {user} postgres {options} </dev/null >/tmp/postgres.log 2>&1 &").expected()
        ready = ["grep", "-q", "ready to accept connections", "/tmp/postgres.log"]
        wait_until("PostgreSQL is ready", DATABASE_LIMIT, lambda: machine.attempt(*ready).status == 0)

    def stop_database(self):
        """At once, whoever is connected."""
        machine = self.lab.machines[0]
        machine.shell(f"kill -INT $(head -n 1 {DATABASE}/postmaster.pid)").expected()
        gone = ["test", "!", "-e", f"{DATABASE}/postmaster.pid"]
        wait_until("PostgreSQL is gone", DATABASE_LIMIT, lambda: machine.attempt(*gone).status == 0)

    def configure(self, node):
        values = dict(pool=POOL, devices=POOL_DEVICES, io_timeout=IO_TIMEOUT, chunk=CHUNK, takeover=self._takeover)
        values.update(machine=node.machine, database=self.lab.machines[0].address, heartbeat_pause=HEARTBEAT_PAUSE)
        node.configure(CONFIGURATION.format(**values))

    def node(self, host):
        return next(node for node in self.nodes if node.host == host)

    def create_volume(self, name, size, initial):
        """SIZE as on a command line; INITIAL in MiB."""
        self.say(self.nodes[0].order("POST", "volumes", name=name, virtualSize=size, size=f"{initial}M")["what"])
        for machine in self.lab.machines:
            self.verify_inactive(machine, name)

    def start_vm(self, node, name, writing):
        """A VM that uses the volume on the node's host, with its disk guarded."""
        vm = Vm(node.machine, name, node.order("POST", f"volumes/{name}/activate")["path"], writing)
        vm.start()
        self.await_armed(node, name)
        return vm

    def await_armed(self, node, name):
        wait_until(f"the disk of {name} is armed", ARMED_LIMIT, lambda: self.disk(node, name)["phase"] == "armed")

    def disk(self, node, name):
        """The disk as its host tells of it; while that does not answer, one in no phase that has never grown."""
        disks = [disk for disk in (node.get("disks") or {"disks": []})["disks"] if disk["name"] == name]
        return disks[0] if disks else {"phase": "unknown", "extensions": 0}

    def await_extension(self, node, name):
        told = lambda: (disk := self.disk(node, name))["phase"] != "unknown" and disk
        before = wait_until(f"the host tells of {name}", ARMED_LIMIT, told)["extensions"]
        wait_until(f"{name} grows", GROWING_LIMIT, lambda: self.disk(node, name)["extensions"] > before)

    def volume(self, node, name):
        listed = node.get("volumes") or {"volumes": []}
        return next((volume for volume in listed["volumes"] if volume["name"] == name), {"hosts": None})

    def end(self, node, vm, pauses=False):
        """Ends the VM in order; it may have been paused only if PAUSES."""
        vm.stop()
        if not pauses and (told := vm.pauses()):
            raise Failed(f"the guest was paused: {told}")
        name = vm.name
        wait_until(f"{name} is released", RELEASE_LIMIT, lambda: self.volume(node, name)["hosts"] == [])
        self.verify_inactive(node.machine, name)

    def verify_inactive(self, machine, name):
        if re.search(rf"^{POOL}-{name}\s", machine.run("dmsetup", "ls"), re.MULTILINE):
            raise Failed(f"{name} is still active on {machine.name}")

    def verify_data(self, node, name, *writings, at_least=None):
        """Every sector that the guests wrote stands on the volume: all that they had to, or AT_LEAST so many bytes."""
        device = node.order("POST", f"volumes/{name}/activate")["path"]
        copy = self.lab.directory / "copy.raw"
        read_back(node.machine, device, copy)
        for writing in writings:
            right = writing.verify(copy)
            wanted = writing.size if at_least is None else at_least
            if right < wanted:
                raise Failed(f"{name}: {right} bytes stand of {wanted}")
            self.say(f"{name}: {right >> 20} MiB stand as they were written, none is wrong")
        copy.unlink()
        node.order("POST", f"volumes/{name}/deactivate")
        self.verify_inactive(node.machine, name)

    def verify_history(self, node):
        """The whole history is one story, and ends at the sizes that LVM tells; that history."""

        def caught_up():
            pool = node.get("pool")
            return pool and pool["phase"] == "serving" and pool["logged"] == pool["journaled"] and pool["logged"]

        before = wait_until("the ledger has the whole pool log", LEDGER_LIMIT, caught_up)
        sizes = self.sizes(node.machine)
        history = History.read(node)
        if wrong := history.contradictions():
            raise Failed("the audit contradicts itself:\n  " + "\n  ".join(wrong))
        if caught_up() != before:
            return self.verify_history(node)  # something has grown meanwhile
        if (told := history.sizes()) != sizes:
            raise Failed(f"the audit ends at {told}, LVM at {sizes}")
        return history

    def sizes(self, machine):
        """The volumes' sizes by their names, as LVM tells them."""
        columns = ["--readonly", "--noheadings", "--units", "b", "--nosuffix", "-o", "lv_name,lv_size", POOL]
        listed = [line.split() for line in machine.run("lvm", "lvs", *columns).splitlines()]
        return {name: int(size) for name, size in listed if name not in OWN_VOLUMES}

    def verify_group(self, machine):
        machine.run("lvm", "vgck", POOL)

    def lvm_changes(self, machine):
        """How often the pool's metadata was changed."""
        return int(machine.run("lvm", "vgs", "--noheadings", "-o", "vg_seqno", POOL))

    def moment(self, machine, told):
        """What a machine's wall clock tells (ISO 8601, in UTC), on this machine's."""
        return datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp() - machine.clock_ahead()

    def _create_pool(self, indices):
        for node in self.nodes:
            self.configure(node)
        luns = [word for index in indices for word in ("--lun", lun(index))]
        lease = ["--lease", "sanlock", "--io-timeout", str(IO_TIMEOUT)]
        self.nodes[0].command("pool", "create", "--vg", POOL, *luns, *lease)

    def _stop(self):
        for node in self.nodes:
            node.stop()
        own = {f"{POOL}-{volume}" for volume in OWN_VOLUMES}
        for machine in self.lab.machines:
            self.verify_group(machine)
            active = set(re.findall(rf"^({POOL}-\S+)", machine.run("dmsetup", "ls"), re.MULTILINE))
            if active - own:
                raise Failed(f"{machine.name} still has {sorted(active - own)}")
        if left := self.sizes(self.lab.machines[0]):
            raise Failed(f"the group {POOL} still has the volumes {sorted(left)}")
