#!/usr/bin/env bash
# run.sh: tests of the whole: omen as an operator runs it, with a real broker and real readers.
#
# usage: tests/system/run.sh [NAME...]     only tests whose names hold one of these
#
# OMEN names the command (default build/release/omen). Runs every function test_* of test_*.py; needs
# Java and Maven for the broker (tests/system/broker), pyzmq and openssl: what is missing is
# installed by tools/deps. The broker's jars are brought once, into build/kafka; where they cannot be
# had that is one failure. The last line says "N passed, M failed".
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
omen=${OMEN:-$root/build/release/omen}
[[ -x $omen ]] || { echo "run.sh: there is no $omen: make builds it" >&2; exit 2; }
omen=$(realpath "$omen")

export OMEN_BROKER_HOME=${OMEN_BROKER_HOME:-$root/build/kafka}
trap '"$here/broker" wipe' EXIT
trap 'exit 130' INT TERM
packages=(default-jre-headless:java maven:mvn python3-zmq: openssl:openssl)
if ! why=$({ "$root/tools/deps" "${packages[@]}" && "$here/broker" up; } 2>&1); then
    printf 'system tests: no broker could be had: %s\n\n0 passed, 1 failed\n' "$why"
    exit 1
fi
cd "$here"
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - "$omen" "$@" <<'END'
import glob
import importlib
import sys

sys.path.insert(0, ".")
import harness

omen, *wanted = sys.argv[1:]
tests = []
for path in sorted(glob.glob("test_*.py")):
    module = importlib.import_module(path[:-3])
    for name, test in vars(module).items():
        if name.startswith("test_") and (not wanted or any(w in name for w in wanted)):
            tests.append(test)
sys.exit(harness.run(tests, omen))
END
