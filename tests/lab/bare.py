"""A volume group beside the pool: what LVM takes by hand, and what Headroom must not touch."""

from machines import lun
from programs import Failed

GROUP = "neighbour"
VOLUME = f"{GROUP}/grows"
MIB = 1 << 20


class Neighbour:
    def __init__(self, machine, lun_index):
        """The group is on one LUN, and changed by one machine only."""
        self._machine = machine
        self._device = lun(lun_index)
        self._size = 64 * MIB
        self._changes = 0

    def create(self):
        self._lvm(self._machine, "pvcreate", "-q", self._device)
        self._lvm(self._machine, "vgcreate", "-q", GROUP, self._device)
        new = ["-an", "-Zn", "-Wn", "-L", f"{self._size}b", "-n", VOLUME.partition("/")[2], GROUP]
        self._lvm(self._machine, "lvcreate", "-q", *new)
        self._changes = self._sequence()

    def activate(self, machine):
        self._lvm(machine, "lvchange", "-ay", VOLUME)

    def deactivate(self, machine):
        self._lvm(machine, "lvchange", "-an", VOLUME)

    def extend(self, using, step):
        """Extends the volume by STEP MiB; the milliseconds of lvextend, and of the refresh on the machine USING it."""
        self._size += step * MIB
        self._changes += 1
        extended = self._timed(self._machine, "lvextend", "-q", "-L", f"{self._size}b", VOLUME)
        refreshed = self._timed(using, "lvchange", "--refresh", VOLUME)
        size = int(using.run("blockdev", "--getsize64", f"/dev/{VOLUME}"))
        if size != self._size:
            raise Failed(f"{VOLUME} has {size} bytes on {using.name}, not {self._size}")
        return extended, refreshed

    def verify_untouched(self):
        """Nobody else has changed the group."""
        self._lvm(self._machine, "vgck", GROUP)
        if (found := self._sequence()) != self._changes:
            raise Failed(f"the group {GROUP} was changed {found - self._changes} times by somebody else")

    def _sequence(self):
        return int(self._lvm(self._machine, "vgs", "--noheadings", "-o", "vg_seqno", GROUP))

    def _lvm(self, machine, command, *words):
        return machine.run("lvm", command, "--devices", self._device, *words)

    def _timed(self, machine, command, *words):
        return float(machine.run("lab-timed", "lvm", command, "--devices", self._device, *words))
