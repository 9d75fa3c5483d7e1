"""What the machines of the lab get beside the distribution: Headroom as it was built, on /opt, on a read-only disk.
With it come the programs of the project's tests.

A JVM starts slowly without KVM. So the classes that a node loads are archived once, by a node that runs for a moment in
the guest's tree on this machine; the archive holds in the guests, since JVM, jars and paths are the same there.
"""

import shutil
from pathlib import Path

from artefacts import cached, digest, in_tree, make_file_system
from programs import Failed, run

JAVA_OPTIONS = "-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError"
ARCHIVE = "/opt/headroom.jsa"
GUEST_JAVA_OPTIONS = f"{JAVA_OPTIONS} -XX:SharedArchiveFile={ARCHIVE}"
TESTS = "/opt/tests.jar"
CLASSPATH = f"$(printf %s: /opt/headroom/bin/../lib/*.jar){TESTS}"
"""For a shell. It begins with what the launcher has, to the letter: else the archive is of no use."""
TRAINING = Path(__file__).parent / "training"
TRAINING_LIMIT = 180
SPARE = 16 << 20


def provide(artefacts, dist, tests, rebuild, say):
    """The image that holds the directory DIST and the jar TESTS, built unless the cache has it."""
    if not (dist / "bin/headroom").exists():
        raise Failed(f"{dist} holds no Headroom: build it first")
    files = sorted(path for path in dist.rglob("*") if path.is_file())
    names = [str(path.relative_to(dist)) for path in files]
    key = "payload-" + digest(artefacts.key, Path(__file__), TRAINING, tests, *names, *files)
    directory = cached(key, "payload-", rebuild, lambda fresh: _build(artefacts, dist, tests, fresh, say), say)
    return directory / "image"


def _build(artefacts, dist, tests, directory, say):
    content = directory / "content"
    shutil.copytree(dist, content / "headroom")
    shutil.copy(tests, content / Path(TESTS).name)
    shutil.copy(TRAINING, directory / "training")
    options = f"HEADROOM_JAVA_OPTS={JAVA_OPTIONS} -XX:ArchiveClassesAtExit={ARCHIVE}"
    in_tree(
        artefacts.tree,
        *["env", options, "bash", "/mnt/training"],
        binds=[(content, "/opt"), (directory, "/mnt")],
        limit=TRAINING_LIMIT,
    )
    archive = content / Path(ARCHIVE).name
    if not archive.exists():
        raise Failed("the node in the guest's tree left no archive of its classes")
    size = sum(path.stat().st_size for path in content.rglob("*"))
    image = directory / "image"
    run("truncate", "-s", size * 11 // 10 + SPARE, image)
    make_file_system(image, content)
    say(f"Headroom of {size >> 20} MiB, archived classes are {archive.stat().st_size >> 20} MiB of it")
    shutil.rmtree(content)
