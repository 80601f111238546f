from nexa_chassis.migrate import run_env

run_env()
