#!/usr/bin/env bash
# latency.sh: from an event produced to Kafka to its alert received, at a steady rate: median, p99,
# p99.9 over ZeroMQ and over Kafka. Broker, omen, producer and receivers share this machine.
#
# usage: bench/latency.sh [OPTION OF bench/latency...] [-- OPTION OF omen run...]
#
# Without lateness, which would be waited for. One worker, as broker, producer and receivers need the
# other core of two.
#
# MODE=release as built by `make bench`. The broker is that of tests/system/broker. See bench/README.md.
set -euo pipefail

if [[ ${1-} == --help ]]; then
    sed -n '2,/^set/{/^set/q; s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    exit 0
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
built=$root/build/release
broker=$root/tests/system/broker
export OMEN_BROKER_HOME=${OMEN_BROKER_HOME:-$root/build/kafka}
address=127.0.0.1:${OMEN_BROKER_PORT:-19092}
for f in "$built/omen" "$built/bench/latency"; do
    [[ -x $f ]] || { echo "latency.sh: there is no $f: \`make bench\` builds it" >&2; exit 2; }
done

options=()
while (($#)) && [[ $1 != -- ]]; do options+=("$1"); shift; done
(($#)) && shift

work=$(mktemp -d)
omen=
finish() {
    [[ -z $omen ]] || { kill "$omen" 2>/dev/null && wait "$omen" || true; }
    "$broker" wipe
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$broker" up
"$broker" topic latency-events 2
"$broker" topic latency-alerts 1
"$built/omen" run "$here/latency.rules" --in telemetry=kafka:latency-events \
    --kafka "bootstrap.servers=$address" --kafka group.id=latency --kafka linger.ms=0 \
    --lateness 0s --workers 1 --out "zmq:push:@ipc://$work/alerts" --out kafka:latency-alerts "$@" 2>"$work/omen.err" &
omen=$!
until grep -q 'assigned' "$work/omen.err"; do
    kill -0 "$omen" 2>/dev/null || { cat "$work/omen.err" >&2; exit 1; }
    sleep 0.1
done
"$built/bench/latency" "$address" latency-events "ipc://$work/alerts" latency-alerts "${options[@]}" || {
    kill -USR1 "$omen"; sleep 1; cat "$work/omen.err" >&2; exit 1
}
