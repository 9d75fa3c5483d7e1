"""Headroom on real volumes, from an empty pool to an empty pool, with its SPM's node killed once.

Each step verifies; the first one that does not hold ends the run.
"""

import shlex
import statistics
import time

from guest_vm import Vm, Writing
from payload import CLASSPATH, GUEST_JAVA_OPTIONS
from programs import Failed, wait_until
from stage import CHUNK, GROWING_LIMIT, POOL, POOL_DEVICES, Stage

VOLUME = "web"

FIRST_RATE = 1
"""MiB a second: an extension every sixteen seconds."""
FIRST_SIZE = 128

SECOND_RATE = 0.5
"""MiB a second: a chunk ahead is half a minute, and a takeover takes less even here."""
SECOND_SIZE = 64

BETWEEN_LOOKS = 4
TAKEOVER_LIMIT = 180

HOST_PARTS = ("posted", "answered", "refreshed", "armed")
PARTS = (*HOST_PARTS, "queued", "extended")
"""Of an extension, as the audit tells them; the host's parts make the whole, the SPM's are within "answered"."""


class Grow:
    MACHINES = 2
    LUNS = (16 << 10, 16 << 10, 16 << 10)
    """MiB; the last one is the neighbour's, here and in every scenario."""

    def __init__(self, lab, java, steps):
        self._stage = Stage(lab, java, steps)
        self._java = java
        self._step = steps.step
        self._say = steps.say
        self._spm = None
        """The node that is SPM at first, and then is killed."""
        self._user = None
        """The node of the host whose VM uses the volume."""
        self.keep_logs = self._stage.keep_logs
        self.figures = {}

    def run(self):
        self._spm = self._stage.set_up(luns=(0, 1))
        self._user = next(node for node in self._stage.nodes if node is not self._spm)
        self._say(f"SPM is {self._spm.machine.name}; the volume will be used on {self._user.machine.name}")
        with self._step("headroom volume create"):
            self._stage.create_volume(VOLUME, "4G", 2 * CHUNK)
        with self._step("the host's side of it: LvmVolumes on a real device-mapper"):
            self._try_host_side()
        self._grow_while_it_writes()
        self._outlive_the_spm()
        self._stage.clear([VOLUME])

    def _try_host_side(self):
        machine = self._user.machine
        before = self._stage.lvm_changes(machine)
        arguments = [POOL, POOL_DEVICES, "/run/headroom/host-side", self._stage.volume(self._user, VOLUME)["id"]]
        program = ["io.headroom.lab.HostSide", *arguments]
        told = machine.shell(f'java {GUEST_JAVA_OPTIONS} -cp "{CLASSPATH}" {shlex.join(program)}').expected().output
        for line in told.splitlines():
            self._say(line)
        if (changes := self._stage.lvm_changes(machine) - before) != 0:
            raise Failed(f"the host's side changed the pool's metadata {changes} times")

    def _grow_while_it_writes(self):
        with self._step("headroom volume activate; another host is refused, and so is deleting it"):
            device = self._user.command("volume", "activate", VOLUME).strip()
            self._say(self._spm.refusal("POST", f"volumes/{VOLUME}/activate"))
            self._say(self._spm.refusal("DELETE", f"volumes/{VOLUME}"))
        writing = Writing(self._java, 1, FIRST_SIZE, FIRST_RATE)
        vm = Vm(self._user.machine, VOLUME, device, writing)
        with self._step("a VM starts on the volume, and its disk is guarded"):
            vm.start()
            self._stage.await_armed(self._user, VOLUME)
        with self._step(f"its guest writes {FIRST_SIZE} MiB; the neighbour is extended by hand in between"):
            bare = self._extend_in_between(vm)
        with self._step("the VM ends, and its host gives the volume back"):
            self._stage.end(self._user, vm)
        with self._step("the data is verified, sector by sector"):
            self._stage.verify_data(self._user, VOLUME, writing)
        self._measure(bare)

    def _extend_in_between(self, vm):
        """Extends the neighbour's volume by hand after each extension of the guest's; what that took."""
        neighbour = self._stage.neighbour
        neighbour.activate(self._user.machine)
        bare = []
        seen = 0
        while not vm.is_done():
            # Whoever asks all the time measures himself.
            time.sleep(BETWEEN_LOOKS)
            extensions = self._stage.disk(self._user, VOLUME)["extensions"]
            if extensions > seen:
                bare.append(neighbour.extend(self._spm.machine, self._user.machine, CHUNK))
                seen = extensions
        neighbour.deactivate(self._user.machine)
        return bare

    def _outlive_the_spm(self):
        written = Writing(self._java, 1, FIRST_SIZE, FIRST_RATE)
        writing = Writing(self._java, 2, SECOND_SIZE, SECOND_RATE, first=written.end)
        with self._step("a VM starts on the volume again; its guest goes on where the first one ended"):
            vm = self._stage.start_vm(self._user, VOLUME, writing)
            self._stage.await_extension(self._user, VOLUME)
        with self._step("kill -9 of the SPM's node while the guest writes; another becomes SPM"):
            self._spm.kill()
            spm = wait_until("another host serves", TAKEOVER_LIMIT, lambda: self._user.spm_but(self._spm.host))
        with self._step(f"extensions by the SPM of host {spm}; the killed node comes back"):
            self._spm.start()
            self._stage.await_extension(self._user, VOLUME)
            self._spm.await_ready()
        with self._step("the guest writes to the end, and the VM ends"):
            wait_until("the guest is done", GROWING_LIMIT, vm.is_done)
            self._stage.end(self._user, vm)
        with self._step("the data of both guests is verified, sector by sector"):
            self._stage.verify_data(self._user, VOLUME, written, writing)

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
