"""Whether one version of the product has what another one brought."""

from packaging.version import InvalidVersion, Version


def has_fix(running: str, fixed: str) -> bool:
    """Whether who runs `running` has what came with `fixed`: the same version or a later one.

    As PEP 440 orders them, with or without a `v`. A version that it cannot read is only as new as itself.
    """
    here, there = _read(running), _read(fixed)
    if here is None or there is None:
        return running.strip().casefold() == fixed.strip().casefold()
    return here >= there


def canonical(version: str) -> str:
    """One way to write a version, for ids."""
    read = _read(version)
    return version.strip().casefold() if read is None else str(read)


def _read(version: str) -> Version | None:
    try:
        return Version(version.strip())
    except (InvalidVersion, ValueError):  # a ValueError of its own: a number of thousands of digits
        return None
