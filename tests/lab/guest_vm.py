"""A VM inside a machine of the lab, whose guest writes a pattern to a volume; and how that pattern is checked."""

import json
import re

from programs import Failed, run, wait_until

SECTOR = 512
FIRST_SECTOR = 2048
NBD_PORT = 10809
START_LIMIT = 120
STOP_LIMIT = 120
READING_LIMIT = 300
PROGRESS = re.compile(r"^[WD] ([0-9A-Fa-f]{8})$", re.MULTILINE)


class Writing:
    """A stretch of a disk that a guest writes from its beginning to its end."""

    def __init__(self, java, vm, size, rate, first=FIRST_SECTOR):
        """JAVA runs a class of the project's tests; SIZE and RATE (a second) are in MiB."""
        self._java = java
        self.size = int(size * (1 << 20))
        self.first = first
        self.end = first + self.size // SECTOR
        self._options = ["--vm", vm, "--first", first, "--size", self.size, "--rate", int(rate * (1 << 20))]

    def boot_disk(self, path):
        self._run("boot-disk", path)

    def verify(self, raw):
        """The bytes that stand as the guest wrote them; anything wrong is an exception."""
        return int(self._run("verify", raw))

    def _run(self, command, path):
        return run(*self._java, "io.headroom.guest.GuestCommand", command, *self._options, path, limit=READING_LIMIT)


class Vm:
    def __init__(self, machine, name, device, writing):
        """DEVICE is where the volume's qcow2 image is on the machine."""
        self.machine = machine
        self.name = name
        self.writing = writing
        self._device = device
        self._files = f"/run/{name}"

    def start(self):
        boot_disk = self.machine.lab.directory / f"{self.name}.boot"
        self.writing.boot_disk(boot_disk)
        self.machine.upload(boot_disk, f"{self._files}.boot")
        self.machine.run(*self._argv())
        observe = f"setsid lab-observe {self._files}.observer </dev/null >{self._files}.events 2>&1 &"
        self.machine.shell(observe).expected()
        wait_until(f"the guest of {self.name} writes", START_LIMIT, self.written)

    def written(self):
        """Bytes that the guest says it has written."""
        said = PROGRESS.findall(self.machine.run("cat", f"{self._files}.progress"))
        return (int(said[-1], 16) - self.writing.first) * SECTOR if said else 0

    def is_done(self):
        return self.written() >= self.writing.size

    def events(self, *names):
        """What QEMU told of such events, from its start on."""
        told = [json.loads(line) for line in self.machine.run("cat", f"{self._files}.events").splitlines()]
        return [event for event in told if event["event"] in names]

    def pauses(self):
        """The events that say that the guest was stopped."""
        return self.events("STOP", "BLOCK_IO_ERROR")

    def stop(self):
        """Ends QEMU in order."""
        pid = int(self.machine.run("cat", f"{self._files}.pid"))
        self.machine.shell(f"kill {pid}; while kill -0 {pid}; do sleep 0.1; done 2>/dev/null", limit=STOP_LIMIT)

    def _argv(self):
        argv = ["qemu-system-x86_64", "-name", self.name, "-machine", "pc", "-accel", "tcg,tb-size=16", "-m", 16]
        argv += ["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"]
        argv += ["-daemonize", "-pidfile", f"{self._files}.pid"]
        argv += ["-chardev", f"file,id=progress,path={self._files}.progress"]
        argv += ["-device", "isa-debugcon,iobase=0xe9,chardev=progress"]
        for monitor in (f"/run/headroom/qmp/{self.name}.sock", f"{self._files}.observer"):
            argv += ["-qmp", f"unix:{monitor},server=on,wait=off"]
        argv += ["-blockdev", f"driver=file,node-name=boot,read-only=on,filename={self._files}.boot"]
        argv += ["-device", "virtio-blk-pci,drive=boot,bootindex=0", "-device", "ahci,id=ahci"]
        argv += ["-blockdev", f"driver=host_device,node-name=disk-storage,filename={self._device}"]
        argv += ["-blockdev", "driver=qcow2,node-name=disk,file=disk-storage"]
        return argv + ["-device", "ide-hd,bus=ahci.0,drive=disk,id=disk0,bootindex=1,werror=stop,rerror=stop"]


def read_back(machine, device, copy):
    """Checks the qcow2 image on the machine's device, and makes a raw copy of what a guest sees on this machine."""
    machine.run("qemu-img", "check", "-f", "qcow2", device)
    pid = "/run/lab-export.pid"
    export = ["qemu-nbd", "--fork", "--pid-file", pid, "--read-only", "-f", "qcow2", "-p", NBD_PORT, device]
    machine.run(*export)
    source = f"nbd://127.0.0.1:{machine.local_port(NBD_PORT)}"
    copy.unlink(missing_ok=True)
    run("qemu-img", "convert", "-f", "raw", "-O", "raw", source, copy, limit=READING_LIMIT)
    machine.shell(f"pid=$(cat {pid}); kill $pid; while kill -0 $pid; do sleep 0.1; done 2>/dev/null", limit=STOP_LIMIT)
    if copy.stat().st_size == 0:
        raise Failed(f"nothing could be read from {device} of {machine.name}")
