"""A process of the diaries' service, for tests that kill it: `NEXA_TEST_SERVICE` names the service."""

import os

from diary import diaries

from nexa_chassis.main import run

if __name__ == "__main__":
    run(diaries(os.environ["NEXA_TEST_SERVICE"]))
