"""The programs that are kept for the next fit of the same shape, in a bounded number.

Compiling costs from a third of a second to a second, and what XLA compiled stays for as
long as the process lives. A program holds no state of a fit, so one serves any number
of fits, and of threads, at once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from skmlp._job import Shape
from skmlp._training.compiled.program import Program


class ProgramCache:
    """Programs by shape; those used longest ago are dropped beyond ``max_programs``."""

    def __init__(self, max_programs: int) -> None:
        self.max_programs = max_programs
        self._lock = threading.Lock()
        self._programs: OrderedDict[Shape, Program] = OrderedDict()

    def __len__(self) -> int:
        return len(self._programs)

    def of(self, shape: Shape) -> Program:
        """Return the program of a shape, made if there is none.

        One that calls a user's function or class is not kept: what it does may change
        from fit to fit, and nothing would tell.
        """
        if not shape.is_reusable:
            return Program(shape)
        with self._lock:
            if shape not in self._programs:
                self._programs[shape] = Program(shape)
            self._programs.move_to_end(shape)
            while len(self._programs) > self.max_programs:
                self._programs.popitem(last=False)
            return self._programs[shape]


PROGRAMS = ProgramCache(max_programs=32)
