"""Runs programs with a time limit; a failure is an exception that tells the command and its last words."""

import subprocess
import time

LAST_WORDS = 2000
PAUSE = 1
"""Seconds between two looks at something that is awaited."""


class Failed(Exception):
    """Something in the lab did not do what it had to; the message is for a person."""


def run(*argv, limit=60, cwd=None, env=None, stdin=None):
    """The standard output of a program that has to succeed."""
    return attempt(*argv, limit=limit, cwd=cwd, env=env, stdin=stdin).expected().output


def attempt(*argv, limit=60, cwd=None, env=None, stdin=None):
    """What became of a program that may fail; one that reaches the limit is killed and is an exception."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(
            argv, cwd=cwd, env=env, input=stdin or "", text=True, errors="replace", capture_output=True, timeout=limit
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{' '.join(argv)}\n  took longer than {limit} s\n{_tail(late.stderr)}") from late
    return Outcome(" ".join(argv), done.returncode, done.stdout, done.stderr)


def wait_until(what, limit, probe, pause=PAUSE):
    """Looks again and again until the probe's answer says yes; that answer."""
    deadline = time.monotonic() + limit
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise Failed(f"waited {limit} s in vain until {what}")
        time.sleep(pause)
    return answer


class Outcome:
    def __init__(self, command, status, output, errors):
        self.command = command
        self.status = status
        self.output = output
        self.errors = errors

    def expected(self):
        if self.status != 0:
            raise Failed(f"{self.command}\n  ended with {self.status}\n{_tail(self.output)}{_tail(self.errors)}")
        return self


def _tail(text):
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return (text or "")[-LAST_WORDS:]
