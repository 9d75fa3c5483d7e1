"""Hypervisors under QEMU without KVM, with shared disks as LUNs and a private network, on the loopback only."""

import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from programs import Failed, attempt, wait_until
from switch import Switch

BOOT_LIMIT = 180
TRANSLATION_CACHE = 256
"""MiB of translated code that each QEMU keeps; by itself it takes up to an eighth of the machine's memory."""
COMMAND_LIMIT = 120
UP = "lab: hv{} is up"
MOST_MACHINES = 3
FORWARDED = (22, 7480, 10809)
"""Ports of each machine that can be reached on this one: ssh, Headroom, NBD."""


class Lab:
    """Machines hv1, hv2, … that see the same LUNs; all of them end with the context, whatever happens."""

    def __init__(self, artefacts, payload, directory, count, luns, memory, udev=False):
        """PAYLOAD is an image that every machine has on /opt; DIRECTORY gets LUNs and logs, and is emptied first.

        LUNS are their sizes in MiB, MEMORY is in bytes.
        """
        self.artefacts = artefacts
        self.payload = payload
        self.directory = directory
        self.memory = memory
        self.udev = udev
        self.luns = [directory / f"lun{index}.img" for index in range(len(luns))]
        self._sizes = luns
        self._lock = None
        self._sockets = None
        self.switch = None
        self.machines = [Machine(self, number) for number in range(1, count + 1)]

    def __enter__(self):
        self._lock = open(f"{self.directory}.lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another lab runs in {self.directory}") from None
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        # A socket's path has room for 107 bytes only.
        self._sockets = tempfile.TemporaryDirectory(prefix="headroom-lab-")
        self.switch = Switch(self.socket("switch"))
        self.switch.start()
        try:
            for image, size in zip(self.luns, self._sizes):
                with open(image, "wb") as file:
                    file.truncate(size << 20)
            for machine in self.machines:
                machine.start()
            for machine in self.machines:
                machine.await_up()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        for machine in self.machines:
            machine.kill()
        self.switch.stop()
        self._sockets.cleanup()
        self._lock.close()

    def socket(self, name):
        return Path(self._sockets.name) / name


class Machine:
    """One hypervisor. Its disks' contents, other than the LUNs, are gone with it."""

    def __init__(self, lab, number):
        self.lab = lab
        self.number = number
        self.name = f"hv{number}"
        self.address = f"10.77.0.{number}"
        self.console = lab.directory / f"{self.name}.console"
        self._ports = {}
        self._qemu = None
        self._ssh = None
        self.most_memory = 0
        """The most that QEMU's process had resident, in bytes, when it was last looked at."""

    def start(self):
        """Starts QEMU and does not wait."""
        self._ports = {port: _free_port() for port in FORWARDED}
        log = open(self.lab.directory / f"{self.name}.qemu", "ab")
        # Whatever becomes of this program, the machine ends with it.
        argv = ["setpriv", "--pdeathsig", "KILL", "--", *self._argv()]
        self.console.write_bytes(b"")
        self._qemu = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def await_up(self):
        deadline = time.monotonic() + BOOT_LIMIT
        while UP.format(self.number) not in self.console.read_text(errors="replace"):
            if self._qemu.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{self.name} did not come up; see {self.console} and the log beside it")
            time.sleep(0.05)
        self._ssh = subprocess.Popen(
            [*self._ssh_argv(), "-o", "ControlMaster=yes", "-N", "root@127.0.0.1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self._control().exists():
            if self._ssh.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{self.name} does not answer to ssh; see {self.console}")
            time.sleep(0.05)

    def kill(self):
        """The machine loses its power. Does nothing to one that does not run."""
        self.look_at_memory()
        for process in (self._ssh, self._qemu):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
        self._control().unlink(missing_ok=True)

    def freeze(self):
        """The machine stands still until thaw()."""
        self._qmp("stop")

    def thaw(self):
        self._qmp("cont")

    def is_up(self):
        return self._qemu is not None and self._qemu.poll() is None

    def clock_ahead(self):
        """Seconds by which the machine's wall clock is ahead of this machine's, to some hundredths."""
        before = time.time()
        told = float(self.run("date", "+%s.%N"))
        return told - (before + time.time()) / 2

    def lose_lun(self, index):
        """The machine sees the LUN no more, until find_luns()."""
        device = self.run("readlink", "-f", lun(index)).strip()
        self.shell(f"echo 1 >/sys/block/{Path(device).name}/device/delete && rm {lun(index)}").expected()

    def find_luns(self):
        """Looks again for what it sees."""
        self.shell("for host in /sys/class/scsi_host/*; do echo '- - -' >$host/scan; done").expected()
        for index in range(len(self.lab.luns)):
            name = f"$(grep -l {_identity(index):x} /sys/block/sd*/device/wwid | cut -d/ -f4)"
            wait_until(
                f"{self.name} sees LUN {index}",
                COMMAND_LIMIT,
                lambda: self.shell(f'name={name} && [[ $name ]] && ln -sf "../../$name" {lun(index)}').status == 0,
            )

    def let_storage(self, state):
        """"offline": no LUN answers this machine any more, every access is an error; "running" ends that."""
        self.shell(f"for lun in /sys/block/sd*; do echo {state} >$lun/device/state; done").expected()

    def look_at_memory(self):
        try:
            status = Path(f"/proc/{self._qemu.pid}/status").read_text()
        except (AttributeError, OSError):
            return
        peaks = [int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:")]
        self.most_memory = max([self.most_memory, *peaks])

    def local_port(self, port):
        """Where the port of the machine is on 127.0.0.1 of this one."""
        return self._ports[port]

    def run(self, *argv, limit=COMMAND_LIMIT):
        """The output of a program on the machine that has to succeed."""
        return self.attempt(*argv, limit=limit).expected().output

    def attempt(self, *argv, limit=COMMAND_LIMIT):
        return self.shell(shlex.join(str(word) for word in argv), limit=limit)

    def shell(self, script, stdin=None, limit=COMMAND_LIMIT):
        """What became of a script of the machine's shell."""
        outcome = attempt(*self._ssh_argv(), "root@127.0.0.1", script, limit=limit, stdin=stdin)
        outcome.command = f"{self.name}: {script if len(script) < 300 else script[:300] + ' ...'}"
        return outcome

    def command(self):
        """What a person types to log in."""
        return shlex.join([*self._ssh_argv(), "root@127.0.0.1"])

    def write(self, path, text):
        self.shell(f"mkdir -p {shlex.quote(os.path.dirname(path))} && cat >{shlex.quote(path)}", stdin=text).expected()

    def upload(self, file, path):
        with open(file, "rb") as content:
            done = subprocess.run(
                [*self._ssh_argv(), "root@127.0.0.1", f"cat >{shlex.quote(path)}"], stdin=content, timeout=COMMAND_LIMIT
            )
        if done.returncode != 0:
            raise Failed(f"{file} was not copied to {self.name}:{path}")

    def _control(self):
        return self.lab.socket(f"{self.name}.ssh")

    def _ssh_argv(self):
        options = ["ControlPath=" + str(self._control()), "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]
        options += ["IdentitiesOnly=yes", "BatchMode=yes", f"ConnectTimeout={BOOT_LIMIT}", "LogLevel=ERROR"]
        argv = ["ssh", "-F", "none", "-i", str(self.lab.artefacts.identity), "-p", str(self._ports[22])]
        return argv + [word for option in options for word in ("-o", option)]

    def _qmp(self, command):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(10)
            monitor.connect(str(self.lab.socket(f"{self.name}.qmp")))
            stream = monitor.makefile("rw")
            stream.readline()
            for execute in ("qmp_capabilities", command):
                stream.write(json.dumps({"execute": execute}) + "\n")
                stream.flush()
                while "return" not in (answer := json.loads(stream.readline())):
                    if "error" in answer:
                        raise Failed(f"{self.name}: {command}: {answer['error']['desc']}")

    def _argv(self):
        lab = self.lab
        argv = ["qemu-system-x86_64", "-name", self.name, "-machine", "q35", "-smp", "1"]
        argv += ["-accel", f"tcg,tb-size={TRANSLATION_CACHE}", "-m", str(lab.memory >> 20)]
        argv += ["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"]
        argv += ["-serial", f"file:{self.console}", "-qmp", f"unix:{lab.socket(self.name + '.qmp')},server=on,wait=off"]
        argv += ["-kernel", str(lab.artefacts.kernel), "-initrd", str(lab.artefacts.early_root), "-append"]
        argv += [f"console=ttyS0 quiet mitigations=off tsc=reliable lab.host={self.number} lab.udev={int(lab.udev)}"]
        argv += _read_only("root", lab.artefacts.root) + _read_only("payload", lab.payload)
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in self._ports.items())
        argv += _card("outside", f"user,restrict=on{forwards}", 0, self.number)
        argv += _card("inside", f"stream,server=off,addr.type=unix,addr.path={lab.socket('switch')}", 1, self.number)
        argv += ["-device", "virtio-rng-pci", "-device", "virtio-scsi-pci,id=scsi"]
        for index, image in enumerate(lab.luns):
            argv += _lun_device(index, image)
        return argv


def lun(index):
    """The name of the LUN on every machine."""
    return f"/dev/disk/by-id/wwn-{_identity(index):#x}"


def _identity(index):
    return 0x5000C50000000000 + index


def _read_only(serial, image):
    file = f"driver=raw,node-name={serial},read-only=on,file.driver=file,file.filename={image},file.locking=off"
    return ["-blockdev", file, "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]


def _card(name, backend, network, number):
    address = f"52:54:00:00:{network:02x}:{number:02x}"
    kind, _, options = backend.partition(",")
    return ["-netdev", f"{kind},id={name},{options}", "-device", f"virtio-net-pci,netdev={name},romfile=,mac={address}"]


def _lun_device(index, image):
    # Every machine opens it, and a machine that loses its power loses nothing that it has written.
    file = f"driver=raw,node-name=lun{index},cache.direct=on,file.driver=file,file.filename={image}"
    device = f"scsi-hd,drive=lun{index},bus=scsi.0,scsi-id=0,lun={index},share-rw=on,serial=LUN{index}"
    device += f",wwn={_identity(index)}"
    return ["-blockdev", file + ",file.locking=off,file.cache.direct=on", "-device", device]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
