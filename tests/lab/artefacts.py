"""Builds what a hypervisor of the lab boots from, out of the distribution's packages: kernel, early root, root.

No package's script is run. Everything lands in a directory of the cache that is named after its inputs, and nothing in
it is ever changed.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from programs import Failed, run

GUEST = Path(__file__).parent / "guest"
KERNEL = "linux-image-cloud-amd64"
ROOT_SIZE = "900M"
UNNEEDED = ["doc", "man", "locale", "info", "lintian", "fonts", "iso-codes", "perl", "perl5", "bug"]
BUILD_LIMIT = 600
DATABASE = "/var/lib/postgresql/lab"
LINKS = {"bin/sh": "dash", "usr/bin/awk": "mawk", "usr/bin/java": "../lib/jvm/java-17-openjdk-amd64/bin/java"}
"""What update-alternatives would have made."""


class Artefacts:
    """Files of one build; see the module."""

    def __init__(self, directory):
        self.directory = directory
        self.key = directory.name
        self.kernel = directory / "vmlinuz"
        self.early_root = directory / "early-root"
        self.root = directory / "root.ext4"
        self.tree = directory / "tree"
        """The same as root.ext4, to run programs of the guest in before it boots."""
        self.identity = directory / "ssh-key"


def cache():
    """Where everything that is built is kept, outside the repository."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headroom-lab"


def digest(*parts):
    """Names the result of these inputs: texts, and files by their content."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()[:16]


def lines(name):
    """The lines of a file of the guest that say something."""
    return [line for line in (GUEST / name).read_text().splitlines() if line and not line.startswith("#")]


def provide(rebuild, say):
    """The artefacts of today's inputs, built unless the cache has them."""
    key = "guest-" + digest(_release(), Path(__file__), *_files(GUEST))
    return Artefacts(cached(key, "guest-", rebuild, lambda directory: _build(directory, say), say))


def cached(key, family, rebuild, build, say):
    """The directory KEY of the cache; if it is missing it is built, and older ones of its family are removed."""
    with _only_one():
        wanted = cache() / key
        if rebuild or not wanted.exists():
            for old in cache().glob(family + "*"):
                shutil.rmtree(old)
            fresh = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache()))
            try:
                build(fresh)
                fresh.rename(wanted)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        else:
            say(f"{key} is in the cache")
        return wanted


@contextmanager
def _only_one():
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for unfinished in cache().glob("unfinished-*"):
            shutil.rmtree(unfinished)
        yield


def _release():
    fields = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    return fields["VERSION_CODENAME"].strip('"')


def _build(directory, say):
    if os.geteuid() != 0:
        raise Failed("building the lab's guest needs root: its files belong to root, and programs run in its tree")
    artefacts = Artefacts(directory)
    kernel = directory / "kernel-package"
    version = _unpack_kernel(kernel, artefacts)
    say(f"kernel {version}")
    _unpack_root(artefacts.tree)
    _furnish(artefacts, kernel, version)
    run("truncate", "-s", ROOT_SIZE, artefacts.root)
    make_file_system(artefacts.root, artefacts.tree)
    _make_early_root(artefacts, kernel, version)
    shutil.rmtree(kernel)
    say(f"root of {_used(artefacts.root) >> 20} MiB")


def _unpack_kernel(kernel, artefacts):
    depends = run("apt-cache", "depends", "--important", KERNEL)
    package = next(line.split()[1] for line in depends.splitlines() if "Depends:" in line)
    kernel.mkdir()
    run("apt-get", "download", "-qq", package, cwd=kernel, limit=BUILD_LIMIT)
    run("dpkg-deb", "-x", next(kernel.glob("*.deb")), kernel)
    version = next((kernel / "lib/modules").iterdir()).name
    shutil.copy(kernel / "boot" / f"vmlinuz-{version}", artefacts.kernel)
    run("depmod", "-b", kernel, version)
    return version


def _unpack_root(tree):
    # The machine's own sources, so that the guest has the packages that the machine could install.
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    run(
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=extract",
        "--aptopt=APT::Install-Recommends false",
        "--include=" + ",".join(lines("packages")),
        _release(),
        tree,
        *[source for source in sources if source.is_file() and source.suffix in (".list", ".sources")],
        limit=BUILD_LIMIT,
    )
    for name in UNNEEDED:
        shutil.rmtree(tree / "usr/share" / name, ignore_errors=True)
    # The compiler of PostgreSQL's largest queries, a fifth of everything; there are none here.
    for library in tree.glob("usr/lib/*/libLLVM*"):
        library.unlink()
    for name in ["var/cache", "var/lib/apt"]:
        shutil.rmtree(tree / name)
        (tree / name).mkdir()


def _furnish(artefacts, kernel, version):
    """What the packages' own scripts would have done, as far as the lab needs it, and what is the lab's own."""
    tree = artefacts.tree
    modules = _modules(kernel, version, "early") + _modules(kernel, version, "late")
    for module in dict.fromkeys(modules):
        target = tree / module.relative_to(kernel)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, target)
    for listing in (kernel / "lib/modules" / version).glob("modules.builtin*"):
        shutil.copy(listing, tree / "lib/modules" / version)
    shutil.copy(kernel / "lib/modules" / version / "modules.order", tree / "lib/modules" / version)
    run("depmod", "-b", tree, version)
    (tree / "etc/lab-modules").write_text("\n".join(_names("late")) + "\n")

    for name in ("opt", "mnt", "usr/local/bin"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    for kind in ("passwd", "group"):
        shutil.copy(tree / "usr/share/base-passwd" / f"{kind}.master", tree / "etc" / kind)
    passwd = (tree / "etc/passwd").read_text().replace("root:*:", "root::", 1)
    with open(tree / "etc/passwd", "w") as users, open(tree / "etc/group", "a") as groups:
        users.write(passwd)
        for number, name in enumerate(["kvm", "sanlock", "postgres"], start=130):
            users.write(f"{name}:x:{number}:{number}::/:/usr/sbin/nologin\n")
            groups.write(f"{name}:x:{number}:\n")
    (tree / "etc/shells").write_text("/bin/bash\n")
    shutil.copy(GUEST / "lvm.conf", tree / "etc/lvm/lvm.conf")
    shutil.copy(GUEST / "init", tree / "sbin/lab-init")
    (tree / "sbin/lab-init").chmod(0o755)
    for tool in (GUEST / "tools").iterdir():
        shutil.copy(tool, tree / "usr/local/bin")
        (tree / "usr/local/bin" / tool.name).chmod(0o755)
    for link, target in LINKS.items():
        if not (tree / link).is_symlink():
            (tree / link).symlink_to(target)

    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", artefacts.identity)
    ssh = tree / "root/.ssh"
    ssh.mkdir(mode=0o700)
    shutil.copy(f"{artefacts.identity}.pub", ssh / "authorized_keys")
    (tree / "etc/dropbear").mkdir(exist_ok=True)
    run("chroot", tree, "dropbearkey", "-t", "ed25519", "-f", "/etc/dropbear/host_key")
    run("chroot", tree, "ldconfig")
    _make_database(tree)
    # The archive of the JDK's own classes, which its package makes when it is installed: a second of each start.
    in_tree(tree, "java", "-Xshare:dump")


def _make_database(tree):
    """An empty PostgreSQL for the history of the pool, for every machine of the lab."""
    programs = next((tree / "usr/lib/postgresql").iterdir()) / "bin"
    (tree / "usr/local/bin/postgres").symlink_to(f"/{programs.relative_to(tree)}/postgres")
    run("chroot", tree, "install", "-d", "-o", "postgres", "-m", "700", DATABASE)
    initdb = [f"/{programs.relative_to(tree)}/initdb", "-D", DATABASE, "-A", "trust", "--locale=C", "--encoding=UTF8"]
    in_tree(tree, "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *initdb, "--no-sync")
    with open(f"{tree}{DATABASE}/pg_hba.conf", "a") as hosts:
        hosts.write("host all all 10.77.0.0/24 trust\n")


def in_tree(tree, *argv, binds=(), limit=120):
    """Runs a program of the guest on this machine, with mounts and a loopback that vanish with it."""
    script = 'tree=$1; shift; ip link set lo up; mount -t proc proc "$tree/proc"\n'
    script += 'mount -t tmpfs tmp "$tree/tmp"; mount --rbind /dev "$tree/dev"\n'
    script += 'while [ "$1" != -- ]; do mount --bind "$1" "$tree$2"; shift 2; done; shift\n'
    script += 'exec chroot "$tree" "$@"\n'
    pairs = [word for source, target in binds for word in (source, target)]
    entering = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    return run(*entering, "bash", "-euc", script, "bash", tree, *pairs, "--", *argv, limit=limit)


def make_file_system(image, content):
    """Fills the image, which has its size, with a directory."""
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-m0"]
    run("mke2fs", *options, "-d", content, image, limit=BUILD_LIMIT)


def _make_early_root(artefacts, kernel, version):
    early = artefacts.directory / "early"
    for name in ["bin", "dev", "proc", "sys", "modules", "below", "above", "root"]:
        (early / name).mkdir(parents=True)
    shutil.copy(artefacts.tree / "bin/busybox", early / "bin/busybox")
    shutil.copy(GUEST / "early-init", early / "init")
    (early / "init").chmod(0o755)
    for order, module in enumerate(_modules(kernel, version, "early")):
        shutil.copy(module, early / "modules" / f"{order:02}-{module.name}")
    names = "\n".join(sorted(str(path.relative_to(early)) for path in early.rglob("*")))
    run("bash", "-euc", f"cpio --quiet -o -H newc | gzip -1 >'{artefacts.early_root}'", cwd=early, stdin=names)
    shutil.rmtree(early)


def _names(when):
    return [name for kind, name in (line.split() for line in lines("modules")) if kind == when]


def _modules(kernel, version, when):
    """Paths of the modules and of what they depend on, in the order of loading."""
    paths = []
    for name in _names(when):
        shown = run("modprobe", "-d", kernel, "-S", version, "--show-depends", name)
        paths += [Path(line.split()[1]) for line in shown.splitlines() if line.startswith("insmod")]
    return list(dict.fromkeys(paths))


def _files(directory):
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _used(path):
    return path.stat().st_blocks * 512
