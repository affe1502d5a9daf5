"""How much of the machine others took meanwhile: a bound by the clock is a promise on a machine of one's own."""

import os

import psutil

QUIET = 0.1  # of the machine: what others may take without spoiling a measurement


class Share:
    """Counts from its making on."""

    def __init__(self) -> None:
        self._own, self._idle, self._total = _seconds()

    def others(self) -> float:
        """The part of all processors' time, 0 to .98, that neither this process and its children had nor anybody."""
        own, idle, total = _seconds()
        kept = (own - self._own + idle - self._idle) / max(total - self._total, 1e-9)
        return min(max(1 - kept, 0.0), 0.98)

    def stretched(self, seconds: float) -> float:
        """What takes so many seconds here alone, with the part of the machine that was left."""
        return seconds / (1 - self.others())


def _seconds() -> tuple[float, float, float]:
    """Processor time of this process, its ended and its running children; idle time; and all there was."""
    own = sum(os.times()[:4])
    for child in psutil.Process().children(recursive=True):
        try:
            own += sum(child.cpu_times()[:2])
        except psutil.NoSuchProcess:  # counted with the ended ones from now on
            continue
    machine = psutil.cpu_times()
    return own, machine.idle + machine.iowait, sum(machine)
