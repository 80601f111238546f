#!/usr/bin/env bash
# Install one service as it is deployed (its own lock with hashes, then contracts, chassis and itself) and run its tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
service=$1
test -f "services/$service/pyproject.toml" || { echo "There is no service '$service'; there are: $(ls services | xargs)"; exit 1; }
make --no-print-directory setup
alone=$(mktemp -d); trap 'rm -rf "$alone"' EXIT
uv=.venv/bin/uv
"$uv" venv --quiet --python .venv/bin/python "$alone/venv"
install() { "$uv" pip install --quiet --python "$alone/venv/bin/python" "$@"; }
install --require-hashes -r "services/$service/requirements.lock"
install --no-deps --no-build-isolation ./contracts ./chassis "./services/$service"
"$alone/venv/bin/python" -c "import nexa_$service.app"
echo "nexa-$service imports with its own lock alone"
install --require-hashes -r deploy/local/requirements.lock -r tests/requirements.lock
install --no-deps --no-build-isolation ./deploy/local
"$alone/venv/bin/pytest" "services/$service/tests"
