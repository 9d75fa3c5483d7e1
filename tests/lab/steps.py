"""Tells what is done and how long it took."""

import sys
import time
from contextlib import contextmanager


class Steps:
    def __init__(self):
        self._began = time.monotonic()
        self.seconds = {}

    def say(self, line):
        print(f"         {line}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, what):
        """Times what is done within, and tells it even if it fails."""
        began = time.monotonic()
        try:
            yield
        except BaseException:
            self._tell(what, began, "FAILED after")
            raise
        self.seconds[what] = self._tell(what, began, "")

    def total(self):
        return round(time.monotonic() - self._began, 1)

    def _tell(self, what, began, how):
        took = round(time.monotonic() - began, 1)
        print(f"{self.total():7.1f}  {what}: {how} {took} s".replace(":  ", ": "), file=sys.stderr, flush=True)
        return took
