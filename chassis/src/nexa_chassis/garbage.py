"""Python's collector of cycles, set for a service: what is there after the start lives for ever, batches come by the thousand.

By default it goes through everything alive every few thousand objects; in a batch of 2,000 records that was half of all time.
A batch ends with almost all of its objects gone by themselves, so the collector is to come more rarely than one batch fills
its youngest generation: every 50,000 objects it took an eighth of an import, in pauses of 40 ms.
"""

import gc

_settled = False


def settle_garbage() -> None:
    """Leave what has been loaded so far out of collections, and collect more rarely. Once for a process."""
    global _settled
    if not _settled:
        _settled = True
        gc.collect()
        gc.freeze()
        gc.set_threshold(200_000, 20, 100)
