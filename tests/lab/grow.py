"""What the lab shows: Headroom on real volumes, from an empty pool to an empty pool, with its SPM's node killed once.

Each step verifies; the first one that does not hold ends the run.
"""

import re
import shlex
import statistics
import time

from artefacts import DATABASE
from bare import Neighbour
from guest_vm import Vm, Writing, read_back
from machines import lun
from node import LOG, Node
from payload import CLASSPATH, GUEST_JAVA_OPTIONS
from programs import Failed, wait_until

POOL = "san"
VOLUME = "web"
POOL_LUNS = (0, 1)
POOL_DEVICES = "/dev/disk/by-id/wwn-*"
"""Everything that a node may look at: the neighbour's LUN, too."""
NEIGHBOUR_LUN = 2
LUNS = 3
LUN_SIZE = 16 << 30
IO_TIMEOUT = 2
CHUNK = 16
"""MiB by which a disk grows."""

FIRST_RATE = 1
"""MiB a second: an extension every sixteen seconds."""
FIRST_SIZE = 128

SECOND_RATE = 0.5
"""MiB a second: a chunk ahead is half a minute, and a takeover takes less even here."""
SECOND_SIZE = 64

BETWEEN_LOOKS = 4
DATABASE_LIMIT = 60
ARMED_LIMIT = 60
RELEASE_LIMIT = 60
TAKEOVER_LIMIT = 180
WRITING_LIMIT = 900
OWN_VOLUMES = ("headroom_mailbox", "headroom_leases")

HOST_PARTS = ("posted", "answered", "refreshed", "armed")
PARTS = (*HOST_PARTS, "queued", "extended")
"""Of an extension, as the audit tells them; the host's parts make the whole, the SPM's are within "answered"."""

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
  growth {{ smallest-chunk = {chunk}M, largest-chunk = {chunk}M, takeover = 20s }}
}}
# A machine without KVM stands still for seconds when its host is busy; that is no reason to believe it dead.
pekko.cluster.failure-detector.acceptable-heartbeat-pause = 6s
"""


class Scenario:
    def __init__(self, lab, java, steps):
        """JAVA runs a class of the project's tests on this machine; STEPS tells and times what is done."""
        self._lab = lab
        self._java = java
        self._step = steps.step
        self._say = steps.say
        self._nodes = [Node(machine) for machine in lab.machines]
        self._neighbour = Neighbour(NEIGHBOUR_LUN)
        self._spm = None
        """The node that is SPM at first, and then is killed."""
        self._user = None
        """The node of the host whose VM uses the volume."""
        self.figures = {}

    def run(self):
        with self._step("sanlock starts, without a watchdog: these machines have none"):
            self._start_sanlock()
        with self._step("PostgreSQL starts on hv1, for the pool's history"):
            self._start_database()
        with self._step("a neighbour: another volume group, on a LUN that every node may look at"):
            self._neighbour.create(self._lab.machines[0])
        with self._step("headroom pool create"):
            self._create_pool()
        with self._step("the nodes start, and one of them is SPM"):
            self._start_nodes()
        with self._step("headroom volume create"):
            self._create_volume()
        with self._step("the host's side of it: LvmVolumes on a real device-mapper"):
            self._try_host_side()
        self._grow_while_it_writes()
        self._outlive_the_spm()
        with self._step("the volume is deleted; the pool is empty"):
            self._delete_volume()
        with self._step("the nodes stop; the group is consistent, and the kernels hold nothing of the volume"):
            self._stop()
        with self._step("the neighbour is as it was left"):
            self._neighbour.verify_untouched(self._lab.machines[0])

    def keep_logs(self):
        """Puts what the machines have to say beside their consoles."""
        for node in self._nodes:
            log = node.machine.shell(f"cat {LOG}; dmesg; lvm lvs -a -o +lv_tags,devices; dmsetup table; sanlock status")
            (self._lab.directory / f"{node.machine.name}.log").write_text(log.output + log.errors)

    def _start_sanlock(self):
        for machine in self._lab.machines:
            machine.run("sanlock", "daemon", "-w", 0, "-h", 0, "-l", 0, "-U", "root", "-G", "root", "-e", machine.name)

    def _start_database(self):
        machine = self._lab.machines[0]
        options = f"-D {DATABASE} -k /tmp -h 0.0.0.0 -c jit=off -c shared_buffers=16MB"
        user = "--reuid=postgres --regid=postgres --clear-groups"
        machine.shell(f"setsid setpriv {user} postgres {options} </dev/null >/tmp/postgres.log 2>&1 &").expected()
        ready = ["grep", "-q", "ready to accept connections", "/tmp/postgres.log"]
        wait_until("PostgreSQL is ready", DATABASE_LIMIT, lambda: machine.attempt(*ready).status == 0)

    def _create_pool(self):
        for node in self._nodes:
            values = dict(pool=POOL, devices=POOL_DEVICES, io_timeout=IO_TIMEOUT, chunk=CHUNK)
            values.update(machine=node.machine, database=self._lab.machines[0].address)
            node.configure(CONFIGURATION.format(**values))
        luns = [word for index in POOL_LUNS for word in ("--lun", lun(index))]
        lease = ["--lease", "sanlock", "--io-timeout", str(IO_TIMEOUT)]
        self._nodes[0].command("pool", "create", "--vg", POOL, *luns, *lease)

    def _start_nodes(self):
        for node in self._nodes:
            node.start()
        for node in self._nodes:
            node.await_ready()
        spm = self._nodes[0].await_serving()
        for node in self._nodes:
            node.await_serving(spm)
        self._spm = self._nodes[spm - 1]
        self._user = next(node for node in self._nodes if node is not self._spm)
        self._say(f"SPM is {self._spm.machine.name}; the volume will be used on {self._user.machine.name}")

    def _create_volume(self):
        created = self._spm.command("volume", "create", VOLUME, "--size", "4G", "--initial", f"{2 * CHUNK}M")
        self._say(created.strip())
        for machine in self._lab.machines:
            self._verify_inactive(machine)

    def _try_host_side(self):
        machine = self._user.machine
        before = self._changes(machine)
        arguments = [POOL, POOL_DEVICES, "/run/headroom/host-side", self._volume()["id"]]
        program = ["io.headroom.lab.HostSide", *arguments]
        told = machine.shell(f'java {GUEST_JAVA_OPTIONS} -cp "{CLASSPATH}" {shlex.join(program)}').expected().output
        for line in told.splitlines():
            self._say(line)
        if (changes := self._changes(machine) - before) != 0:
            raise Failed(f"the host's side changed the pool's metadata {changes} times")

    def _changes(self, machine):
        return int(machine.run("lvm", "vgs", "--noheadings", "-o", "vg_seqno", POOL))

    def _grow_while_it_writes(self):
        with self._step("headroom volume activate; another host is refused, and so is deleting it"):
            device = self._user.command("volume", "activate", VOLUME).strip()
            self._say(self._spm.refusal("POST", f"volumes/{VOLUME}/activate"))
            self._say(self._spm.refusal("DELETE", f"volumes/{VOLUME}"))
        writing = Writing(self._java, 1, FIRST_SIZE, FIRST_RATE)
        vm = Vm(self._user.machine, VOLUME, device, writing)
        with self._step("a VM starts on the volume, and its disk is guarded"):
            vm.start()
            wait_until("the disk is armed", ARMED_LIMIT, lambda: self._disk()["phase"] == "armed")
        with self._step(f"its guest writes {FIRST_SIZE} MiB; the neighbour is extended by hand in between"):
            bare = self._extend_in_between(vm)
        with self._step("the VM ends, and its host gives the volume back"):
            self._end(vm)
        with self._step("the data is verified, sector by sector"):
            self._verify(writing)
        self._measure(bare)

    def _extend_in_between(self, vm):
        """Extends the neighbour's volume by hand after each extension of the guest's; what that took."""
        self._neighbour.activate(self._user.machine)
        bare = []
        seen = 0
        while not vm.is_done():
            # Whoever asks all the time measures himself.
            time.sleep(BETWEEN_LOOKS)
            extensions = self._disk()["extensions"]
            if extensions > seen:
                bare.append(self._neighbour.extend(self._spm.machine, self._user.machine, CHUNK))
                seen = extensions
        self._neighbour.deactivate(self._user.machine)
        return bare

    def _outlive_the_spm(self):
        written = Writing(self._java, 1, FIRST_SIZE, FIRST_RATE)
        writing = Writing(self._java, 2, SECOND_SIZE, SECOND_RATE, first=written.end)
        vm = Vm(self._user.machine, VOLUME, self._user.order("POST", f"volumes/{VOLUME}/activate")["path"], writing)
        with self._step("a VM starts on the volume again; its guest goes on where the first one ended"):
            vm.start()
            self._await_extension()
        with self._step("kill -9 of the SPM's node while the guest writes; another becomes SPM"):
            self._spm.kill()
            killed = self._spm.host
            spm = wait_until("another host serves", TAKEOVER_LIMIT, lambda: self._spm_but(killed))
        with self._step(f"extensions by the SPM of host {spm}; the killed node comes back"):
            self._spm.start()
            self._await_extension()
            self._spm.await_ready()
        with self._step("the guest writes to the end, and the VM ends"):
            wait_until("the guest is done", WRITING_LIMIT, vm.is_done)
            self._end(vm)
        with self._step("the data of both guests is verified, sector by sector"):
            self._verify(written, writing)

    def _await_extension(self):
        before = self._disk()["extensions"]
        wait_until("the disk grows", WRITING_LIMIT, lambda: self._disk()["extensions"] > before)

    def _spm_but(self, host):
        pool = self._user.get("pool")
        return pool and pool["phase"] == "serving" and pool["spm"] != host and pool["spm"]

    def _disk(self):
        disks = [disk for disk in (self._user.get("disks") or {"disks": []})["disks"] if disk["name"] == VOLUME]
        return disks[0] if disks else {"phase": "unknown", "extensions": 0}

    def _end(self, vm):
        vm.stop()
        if pauses := vm.pauses():
            raise Failed(f"the guest was paused: {pauses}")
        wait_until("the volume is released", RELEASE_LIMIT, lambda: self._volume()["hosts"] == [])
        self._verify_inactive(self._user.machine)

    def _volume(self):
        listed = self._user.get("volumes") or {"volumes": []}
        return next((volume for volume in listed["volumes"] if volume["name"] == VOLUME), {"hosts": None})

    def _verify_inactive(self, machine):
        if VOLUME in machine.run("dmsetup", "ls"):
            raise Failed(f"{VOLUME} is still active on {machine.name}")

    def _verify(self, *writings):
        device = self._user.order("POST", f"volumes/{VOLUME}/activate")["path"]
        copy = self._lab.directory / "copy.raw"
        read_back(self._user.machine, device, copy)
        self._user.order("POST", f"volumes/{VOLUME}/deactivate")
        for writing in writings:
            if (found := writing.verify(copy)) != writing.size:
                raise Failed(f"{found} bytes of {writing.size} stand as the guest wrote them")
        self._verify_inactive(self._user.machine)

    def _delete_volume(self):
        self._user.order("DELETE", f"volumes/{VOLUME}")
        if left := self._user.get("volumes")["volumes"]:
            raise Failed(f"the pool still has {left}")

    def _stop(self):
        for node in self._nodes:
            node.stop()
        own = {f"{POOL}-{volume}" for volume in OWN_VOLUMES}
        for machine in self._lab.machines:
            machine.run("lvm", "vgck", POOL)
            active = set(re.findall(rf"^({POOL}-\S+)", machine.run("dmsetup", "ls"), re.MULTILINE))
            if active - own:
                raise Failed(f"{machine.name} still has {sorted(active - own)}")
        names = self._lab.machines[0].run("lvm", "lvs", "--noheadings", "-o", "lv_name", POOL).split()
        if set(names) != set(OWN_VOLUMES):
            raise Failed(f"the group {POOL} has the volumes {names}")

    def _measure(self, bare):
        """Event to re-armed, beside what LVM alone took for the same kind of volume at the same time."""
        lines = self._spm.get("audit?limit=500")["lines"]
        extended = [line for line in lines if line["kind"] == "extended" and line["armedMillis"] is not None]
        self.figures = figures(extended, bare)
        for name, value in self.figures.items():
            self._say(f"{name}: {value}")


def figures(extended, bare):
    """Medians, in milliseconds, of lines of the audit and of pairs of commands by hand."""
    parts = {part: [line[f"{part}Millis"] for line in extended] for part in PARTS}
    told = {f"{part} ms": round(statistics.median(values), 1) for part, values in parts.items()}
    whole = statistics.median(sum(line[f"{part}Millis"] for part in HOST_PARTS) for line in extended)
    by_hand = statistics.median(extend + refresh for extend, refresh in bare)
    return {
        "extensions": len(extended),
        "event to re-armed ms": round(whole, 1),
        **told,
        "by hand": len(bare),
        "by hand ms": round(by_hand, 1),
        "by hand, lvextend ms": round(statistics.median(extend for extend, _ in bare), 1),
        "by hand, refresh ms": round(statistics.median(refresh for _, refresh in bare), 1),
        "ratio": round(whole / by_hand, 2),
    }
