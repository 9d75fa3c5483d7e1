"""What the lab decides by itself; run with: python3 -B -m unittest discover -s tests/lab"""

import contextlib
import socket
import tempfile
import unittest
from pathlib import Path

import artefacts
from faults import free_again, noticed
from grow import figures
from guest_vm import PROGRESS
from history import History
from programs import Failed, attempt, wait_until
from switch import Switch, passes

FOR_ALL = bytes.fromhex("ffffffffffff 525400000101 0806")
FOR_TWO = bytes.fromhex("525400000102 525400000101 0800")


class ProgramsTest(unittest.TestCase):
    def test_failure_tells_the_command_and_its_last_words(self):
        with self.assertRaisesRegex(Failed, "(?s)false.*ended with 7.*the reason"):
            attempt("sh", "-c", "echo the reason >&2; exit 7 # false").expected()

    def test_program_over_its_limit_is_a_failure(self):
        with self.assertRaisesRegex(Failed, "longer than 0.1 s"):
            attempt("sleep", "10", limit=0.1)

    def test_waiting_ends_with_the_first_answer(self):
        answers = iter([None, [], "yes"])
        self.assertEqual("yes", wait_until("it says yes", 10, lambda: next(answers)))

    def test_waiting_in_vain_names_what_was_awaited(self):
        with self.assertRaisesRegex(Failed, "in vain until the sky falls"):
            wait_until("the sky falls", 0, lambda: False)


class SwitchTest(unittest.TestCase):
    def test_frame_for_all_reaches_every_machine(self):
        self.assertTrue(passes(FOR_ALL, 1, 2, frozenset()))
        self.assertTrue(passes(FOR_ALL, 1, None, frozenset()))

    def test_frame_for_one_reaches_that_one_only(self):
        self.assertTrue(passes(FOR_TWO, 1, 2, frozenset()))
        self.assertFalse(passes(FOR_TWO, 1, 3, frozenset()))

    def test_nothing_passes_a_cut(self):
        cut = frozenset([frozenset((1, 2))])
        self.assertFalse(passes(FOR_ALL, 1, 2, cut))
        self.assertFalse(passes(FOR_TWO, 1, 2, cut))
        self.assertTrue(passes(FOR_ALL, 1, 3, cut))

    def test_frames_travel_until_the_cut_and_again_after_it(self):
        with tempfile.TemporaryDirectory() as directory:
            switch = Switch(Path(directory) / "switch")
            switch.start()
            try:
                with _machine(directory) as one, _machine(directory) as two, _machine(directory) as three:
                    _make_known(one, 1, two)
                    _make_known(two, 2, one)
                    _make_known(one, 1, three)
                    switch.cut(1, 2)
                    _send(one, FOR_TWO + b"lost")
                    _send(one, FOR_TWO + b"lost, too")
                    # Frames of one machine pass in order: when this one has arrived, those are lost.
                    _send(one, FOR_ALL + b"end of the cut")
                    self.assertEqual(FOR_ALL + b"end of the cut", _first_with_words(three))
                    switch.heal()
                    _send(one, FOR_TWO + b"again")
                    self.assertEqual(FOR_TWO + b"again", _first_with_words(two))
            finally:
                switch.stop()


class ArtefactsTest(unittest.TestCase):
    def test_key_depends_on_every_input_and_its_place(self):
        keys = {artefacts.digest(*parts) for parts in [("a", "b"), ("b", "a"), ("ab", ""), ("ab",)]}
        self.assertEqual(4, len(keys))

    def test_every_module_says_when_it_is_loaded(self):
        self.assertEqual({"early", "late"}, {line.split()[0] for line in artefacts.lines("modules")})

    def test_no_package_is_listed_twice(self):
        packages = artefacts.lines("packages")
        self.assertEqual(sorted(set(packages)), packages)


class FiguresTest(unittest.TestCase):
    def test_ratio_is_of_the_medians(self):
        told = figures([_extension(300), _extension(500), _extension(900)], [(200, 200), (100, 300), (500, 500)])
        self.assertEqual(500, told["event to re-armed ms"])
        self.assertEqual(400, told["by hand ms"])
        self.assertEqual(1.25, told["ratio"])

    def test_progress_is_the_last_whole_line(self):
        self.assertEqual(["00000880", "00000900"], PROGRESS.findall("S 00000800\nW 00000880\nW 00000900\nW 000"))


class BoundsTest(unittest.TestCase):
    def test_silent_node_is_removed_within_what_the_settings_add_up_to(self):
        self.assertEqual(5.5, noticed(pause=2))

    def test_lease_of_a_dead_host_is_free_by_the_rule_of_sanlock(self):
        self.assertEqual(160, free_again(io_timeout=10))


class HistoryTest(unittest.TestCase):
    def test_one_story_has_no_contradiction_and_ends_at_its_sizes(self):
        history = History([_line(1, 1, "volume-created", to=32), _line(1, 2, "extended", 32, 48), _line(2, 1, "held")])
        self.assertEqual([], history.contradictions())
        self.assertEqual({"web": 48}, history.sizes())

    def test_deleted_volume_has_no_size(self):
        history = History([_line(1, 1, "volume-created", to=32), _line(1, 2, "volume-deleted", 32)])
        self.assertEqual({}, history.sizes())

    def test_every_contradiction_is_told(self):
        for wrong in [
            [_line(1, 1, "hole")],
            [_line(1, 1, "held"), _line(1, 1, "held")],
            [_line(1, 1, "extended", 32, 48), _line(1, 2, "extended", 32, 64)],
            [_line(2, 1, "taken-over"), _line(1, 9, "extended", 32, 48)],
        ]:
            self.assertEqual(1, len(History(wrong).contradictions()), wrong)

    def test_void_record_of_a_former_spm_is_no_contradiction(self):
        self.assertEqual([], History([_line(1, 0, "voided")]).contradictions())

    def test_takeover_is_the_first_one_after_the_epoch(self):
        history = History([_line(epoch, 5, "taken-over") for epoch in (1, 2, 4, 5)])
        self.assertEqual(4, history.takeover(after=2)["epoch"])

    def test_epoch_that_did_not_end_in_order_has_no_last_word(self):
        history = History([_line(1, 7, "stepped-down"), _line(2, 5, "taken-over")])
        self.assertEqual(7, history.stepping_down(1)["sequence"])
        self.assertIsNone(history.stepping_down(2))


def _line(epoch, sequence, kind, size=None, to=None):
    volume = {"volume": "1", "name": "web"} if to or size else {"volume": None, "name": None}
    return {"epoch": epoch, "sequence": sequence, "kind": kind, "fromBytes": size, "toBytes": to, **volume}


def _extension(total):
    parts = {"posted": 1, "answered": total - 3, "refreshed": 1, "armed": 1, "queued": 0, "extended": 0}
    return {f"{part}Millis": value for part, value in parts.items()}


def _machine(directory):
    machine = socket.socket(socket.AF_UNIX)
    machine.connect(f"{directory}/switch")
    return machine


def _make_known(machine, number, other):
    """Calls until the other hears it: before that, the switch may not know of one of them."""
    call = FOR_ALL[:11] + bytes([number]) + FOR_ALL[12:]
    other.settimeout(0.05)
    for _ in range(600):
        _send(machine, call)
        with contextlib.suppress(TimeoutError):
            if _received(other) == call:
                break
    other.settimeout(30)


def _first_with_words(machine):
    """Behind calls, for what was called twice is heard twice."""
    while True:
        frame = _received(machine)
        if len(frame) > len(FOR_ALL):
            return frame


def _send(machine, frame):
    machine.sendall(len(frame).to_bytes(4, "big") + frame)


def _received(machine):
    length = int.from_bytes(machine.recv(4, socket.MSG_WAITALL), "big")
    return machine.recv(length, socket.MSG_WAITALL)


if __name__ == "__main__":
    unittest.main()
