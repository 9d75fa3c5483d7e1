"""Headroom's node on one machine of the lab, as an operator runs it: a configuration, a command, HTTP."""

import json
import shlex
import time
import urllib.error
import urllib.request

from payload import GUEST_JAVA_OPTIONS
from programs import Failed, wait_until

HTTP_PORT = 7480
START_LIMIT = 400
STOP_LIMIT = 180
ANSWER_LIMIT = 60
LATE = 503
MOST_TRIES = 6
BETWEEN_TRIES = 5
CONFIGURATION = "/etc/headroom/headroom.conf"
LOG = "/var/log/headroom.log"
PROGRAM = "/opt/headroom/bin/headroom"


class Node:
    def __init__(self, machine):
        self.machine = machine
        self.host = machine.number
        self._pid = None

    def configure(self, text):
        self.machine.write(CONFIGURATION, text)

    def start(self):
        """Starts the process and does not wait until it is ready."""
        # Neither setsid nor the launcher forks, so this is the node's own process.
        script = f"{_options()}; setsid {PROGRAM} node --config {CONFIGURATION} </dev/null >>{LOG} 2>&1 & echo $!"
        self._pid = int(self.machine.shell(script).expected().output)

    def require_alive(self):
        if not self.is_alive():
            raise Failed(f"the node of {self.machine.name} has ended:\n{self.machine.run('tail', LOG)}")

    def signal(self, name):
        """Sends a signal to the node's process, such as KILL, STOP or CONT."""
        self.machine.run("kill", f"-{name}", self._pid)

    def kill(self):
        """kill -9; the process is gone afterwards."""
        self.signal("KILL")
        wait_until(f"the node of {self.machine.name} is gone", STOP_LIMIT, lambda: not self.is_alive())

    def is_alive(self):
        return self.machine.attempt("kill", "-0", self._pid).status == 0

    def kill_when(self, condition):
        """kill -9 in the moment when a command of the machine's shell succeeds; does not wait for it."""
        script = f"until {condition}; do :; done; kill -9 {self._pid}"
        self.machine.shell(f"setsid bash -c {shlex.quote(script)} </dev/null >/dev/null 2>&1 &").expected()

    def stop(self):
        """SIGTERM; the node has to end by itself."""
        self.machine.run("kill", self._pid)
        self.machine.shell(f"while kill -0 {self._pid}; do sleep 0.2; done 2>/dev/null", limit=STOP_LIMIT).expected()

    def await_ready(self):
        wait_until(f"the node of {self.machine.name} is in the cluster", START_LIMIT, self._is_ready)

    def await_serving(self, spm=None):
        """Waits until this node reaches an SPM that serves, on the host SPM if one is named; tells which host it is."""

        def serving():
            self.require_alive()
            pool = self.get("pool")
            if pool and pool["phase"] == "serving" and spm in (None, pool["spm"]):
                return pool["spm"]

        return wait_until(f"{self.machine.name} reaches a serving SPM", START_LIMIT, serving)

    def keepers(self):
        """The process that holds the SPM's lease on this machine, by what sanlock says, and its children."""
        holder = "$(sanlock client status | sed -n 's/^r [^:]*:spm:.* p \\([0-9]*\\)$/\\1/p')"
        script = f"keeper={holder}; [[ $keeper ]] && echo $keeper && pgrep -P $keeper"
        return [int(pid) for pid in self.machine.shell(script).output.split()]

    def spm_but(self, host):
        """The host whose SPM serves, if it is another one than HOST."""
        pool = self.get("pool")
        return pool and pool["phase"] == "serving" and pool["spm"] != host and pool["spm"]

    def get(self, path):
        """The answer, or None where there is none at the moment."""
        try:
            return self._ask("GET", path, None)
        except (Refused, OSError):
            return None

    def order(self, method, path, tries=MOST_TRIES, **body):
        """The answer to an order that has to be carried out. While the node is late with its answer, and then while the
        first order is still under way, it is given again."""
        late = False
        for _ in range(tries):
            try:
                return self._ask(method, path, body)
            except Refused as refused:
                late = late or refused.status == LATE
                if not late:
                    raise
                reason = refused
            time.sleep(BETWEEN_TRIES)
        raise Failed(f"{self.machine.name} was late again and again: {reason}")

    def refusal(self, method, path, **body):
        """Why an order is refused that has to be refused."""
        try:
            answer = self._ask(method, path, body)
        except Refused as refused:
            return refused.cause
        raise Failed(f"{method} {path} {body} should have been refused, and was answered with {answer}")

    def command(self, *argv, limit=120):
        """The output of Headroom's command line on this machine."""
        return self.machine.shell(f"{_options()}; {shlex.join([PROGRAM, *argv])}", limit=limit).expected().output

    def _is_ready(self):
        ready = self.get("/ready")
        return ready and ready["member"]

    def _ask(self, method, path, body):
        place = path if path.startswith("/") else f"/api/v1/{path}"
        request = urllib.request.Request(f"http://127.0.0.1:{self.machine.local_port(HTTP_PORT)}{place}", method=method)
        if body is not None and method == "POST":
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_LIMIT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise Refused(f"{method} {path}", refused.code, refused.read().decode(errors="replace")) from refused


class Refused(Failed):
    def __init__(self, order, status, body):
        """BODY is Headroom's answer: JSON with the cause and the next step."""
        super().__init__(f"{order} was answered with {status}, {body}")
        self.status = status
        try:
            answer = json.loads(body)
            self.cause = f"{answer['cause']} (next: {answer['next']})"
        except (ValueError, KeyError):
            self.cause = body


def _options():
    return f"export HEADROOM_JAVA_OPTS={shlex.quote(GUEST_JAVA_OPTIONS)}"
