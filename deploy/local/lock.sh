#!/usr/bin/env bash
# Resolve every lock anew: the stack with its tools, the tests, uv itself, and each service alone. Local packages stand in none.
set -euo pipefail
cd "$(dirname "$0")/../.."
compile() { # lock, requirement files...
  local lock=$1; shift
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
    --custom-compile-command "make lock" -o "$lock" "$@"
}
without_local() { # the dependencies of these packages, but for Nexa's own
  .venv/bin/python - "$@" <<'PYTHON'
import sys, tomllib
found = set()
for path in sys.argv[1:]:
    with open(f"{path}/pyproject.toml", "rb") as file:
        found |= {each for each in tomllib.load(file)["project"]["dependencies"] if not each.startswith("nexa-")}
print("\n".join(sorted(found)))
PYTHON
}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
all=(contracts chassis deploy/local)
for service in "$@"; do all+=("services/$service"); done
{ without_local "${all[@]}"; echo hatchling; echo editables; } > "$work/stack.in"
compile deploy/local/requirements.lock "$work/stack.in"
compile tests/requirements.lock tests/requirements.in -c deploy/local/requirements.lock
echo uv > "$work/uv.in"
compile deploy/local/uv.lock.txt "$work/uv.in"
for service in "$@"; do
  { without_local contracts chassis "services/$service"; echo hatchling; } > "$work/$service.in"
  compile "services/$service/requirements.lock" "$work/$service.in" -c deploy/local/requirements.lock
done
