from nexa_chassis.main import run
from nexa_notifier.app import notifier

run(notifier)
