"""The private network of the lab: an Ethernet switch for QEMU's stream sockets, which can cut machines off.

A frame on the socket is its length, four bytes, big-endian, and its bytes. A machine's number is the last byte of its
card's address. Nothing leaves this process.
"""

import asyncio
import threading

LARGEST_BACKLOG = 4 << 20
"""Bytes that wait for one machine; what is more is lost, as on a wire."""


class Switch:
    """Runs in a thread of its own from start() to stop()."""

    def __init__(self, socket):
        self._socket = str(socket)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="switch", daemon=True)
        self._listening = threading.Event()
        self._machines = {}
        """The number of the machine at the other end of each connection; None before its first frame."""
        self._cuts = frozenset()

    def start(self):
        self._thread.start()
        self._listening.wait()

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self, one, other):
        """Nothing passes between the two from now on."""
        self._cuts |= {frozenset((one, other))}

    def heal(self):
        self._cuts = frozenset()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_unix_server(self._serve, self._socket))
        self._listening.set()
        self._loop.run_forever()
        server.close()
        for machine in self._machines:
            machine.transport.abort()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop)))
        self._loop.close()

    async def _serve(self, reader, writer):
        self._machines[writer] = None
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(4), "big")
                self._forward(await reader.readexactly(length), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the machine is gone
        finally:
            del self._machines[writer]
            writer.close()

    def _forward(self, frame, sender):
        origin = frame[11]
        self._machines[sender] = origin
        for writer, machine in self._machines.items():
            if writer is sender or not passes(frame, origin, machine, self._cuts):
                continue
            if writer.transport.get_write_buffer_size() < LARGEST_BACKLOG:
                writer.write(len(frame).to_bytes(4, "big") + frame)


def passes(frame, origin, machine, cuts):
    """Whether the frame of one machine goes to the other; one that was never heard of gets what is for all."""
    for_all = frame[0] & 1
    return (for_all or frame[5] == machine) and frozenset((origin, machine)) not in cuts
