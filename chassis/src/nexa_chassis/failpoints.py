"""Places where a process can be made to die as by a power cut, for the tests of what that may not break.

`NEXA_FAILPOINT=relay.mid_batch` kills the process with SIGKILL when it first comes there; `relay.mid_batch:3` the third time.
"""

import os
import signal
from collections import Counter

NAMES = frozenset(
    {
        "store.after_commit",
        "relay.mid_batch",
        "relay.after_send_before_delete",
        "consumer.after_effect_before_offset",
        "consumer.after_offset",
        "deadlines.after_fire",
        "jobs.after_step",
        "mail.after_claim",
        "mail.after_delivery",
    }
)

_armed, _, _count = os.environ.get("NEXA_FAILPOINT", "").partition(":")
_hits: Counter[str] = Counter()

if _armed and _armed not in NAMES:
    raise ValueError(f"NEXA_FAILPOINT names {_armed!r}; known are {', '.join(sorted(NAMES))}")


def failpoint(name: str) -> None:
    """Die here, if the environment says so."""
    if name != _armed:
        return
    _hits[name] += 1
    if _hits[name] >= int(_count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
