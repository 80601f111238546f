"""Python's collector of cycles, set for a service: what is there after the start lives for ever, batches come by the thousand.

By default it goes through everything alive every few thousand objects; in a batch of 2,000 records that was half of all time.
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
        gc.set_threshold(50_000, 20, 100)
