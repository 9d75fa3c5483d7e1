"""A volume group beside the pool: what LVM takes by hand, and what Headroom must not touch."""

from machines import lun
from programs import Failed

GROUP = "neighbour"
VOLUME = f"{GROUP}/grows"
MIB = 1 << 20


class Neighbour:
    """The group is on one LUN; the machines change it one after the other, as it has no lease."""

    def __init__(self, lun_index):
        self._device = lun(lun_index)
        self._size = 64 * MIB
        self._changes = 0

    def create(self, machine):
        self._lvm(machine, "pvcreate", "-q", self._device)
        self._lvm(machine, "vgcreate", "-q", GROUP, self._device)
        new = ["-an", "-Zn", "-Wn", "-L", f"{self._size}b", "-n", VOLUME.partition("/")[2], GROUP]
        self._lvm(machine, "lvcreate", "-q", *new)
        self._changes = self._sequence(machine)

    def activate(self, machine):
        self._lvm(machine, "lvchange", "-ay", VOLUME)

    def deactivate(self, machine):
        self._lvm(machine, "lvchange", "-an", VOLUME)

    def extend(self, changing, using, step):
        """Extends the volume by STEP MiB on one machine and refreshes it on the other; the milliseconds of each."""
        self._size += step * MIB
        self._changes += 1
        extended = self._timed(changing, "lvextend", "-q", "-L", f"{self._size}b", VOLUME)
        refreshed = self._timed(using, "lvchange", "--refresh", VOLUME)
        size = int(using.run("blockdev", "--getsize64", f"/dev/{VOLUME}"))
        if size != self._size:
            raise Failed(f"{VOLUME} has {size} bytes on {using.name}, not {self._size}")
        return extended, refreshed

    def verify_untouched(self, machine):
        """Nobody else has changed the group."""
        self._lvm(machine, "vgck", GROUP)
        if (found := self._sequence(machine)) != self._changes:
            raise Failed(f"the group {GROUP} was changed {found - self._changes} times by somebody else")

    def _sequence(self, machine):
        return int(self._lvm(machine, "vgs", "--noheadings", "-o", "vg_seqno", GROUP))

    def _lvm(self, machine, command, *words):
        return machine.run("lvm", command, "--devices", self._device, *words)

    def _timed(self, machine, command, *words):
        return float(machine.run("lab-timed", "lvm", command, "--devices", self._device, *words))
