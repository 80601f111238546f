"""A process of the canteen that consumes, for tests that kill it: `NEXA_TEST_SERVICE` and `NEXA_TEST_CONSUMERS` say which."""

import os

from canteen import canteen

from nexa_chassis.main import run

if __name__ == "__main__":
    run(canteen(os.environ["NEXA_TEST_SERVICE"], *os.environ["NEXA_TEST_CONSUMERS"].split(",")))
