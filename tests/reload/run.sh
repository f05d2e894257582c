#!/bin/sh
# run.sh: reloads rules again and again while events go through: sets that are equal, changed and broken take turns.
#
#   tests/reload/run.sh [TIMES]           OMEN=build/asan/omen tests/reload/run.sh 200
#
# A rule alerts at every event: at the end there is an alert for each, none is missing and none is there twice. Some of
# the sets emit a field that none before them read; its value is there in every alert. With --lateness there are always
# events that were read and have to wait. Each reload is done or refused as its file says, and every rule has alerted, so
# that there was state to carry. Memory does not grow: the most that there is in the last four tenths of the reloads is at
# most 2 MiB above the most that there was in the first four (0.1 to 1 were seen). So 4 KiB lost at each of 1,000 reloads are found.
set -u
export ASAN_OPTIONS=${ASAN_OPTIONS-quarantine_size_mb=8} # what was freed is memory again

times=${1:-1000}
root=$(cd "$(dirname "$0")/../.." && pwd)
omen=${OMEN:-$root/build/release/omen}
case $omen in /*) ;; *) omen=$PWD/$omen ;; esac
work=$(mktemp -d) || exit 2
trap 'kill $feeder $pid 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 2
feeder='' pid=''

fail() { echo "reload: $*"; tail -n 5 messages; exit 1; }

cat >good.rules <<'END'
stream s { k : string at : time event n : int }
rule each { on s by k when n >= 0 emit n: n }
rule pair { on s by k match a then b within 20s where a: n % 50 = 1 b: n = a.n + 291 once per 5s emit n: b.n }
rule many { on s by k when count() over 10s > 30 and n > prev(n) emit n: sum(n) over 10s }
rule chain { on pair by k match p 3 times within 1m where p: any emit n: count(p) }
rule hour { on s by k every 10s when count() > 0 mode shadow emit n: max(n) }
END
sed 's/a.n + 291/a.n + 388/; s/over 10s > 30/over 10s > 40/; s/3 times/4 times/' good.rules >changed.rules
sed 's/once per 5s//; /rule many/d; s/every 10s/every 20s/; s/emit n: b.n/emit n: b.n + 1/' good.rules >other.rules
sed 's/n >= 0/m >= 0/' good.rules >broken.rules
field() { # other.rules, with a field that is declared and read nowhere else: f0 to f4, by the number
    sed "s/event n : int/event n : int f$(($1 / 4 % 5)) : int/; s/emit n: n }/emit f: f$(($1 / 4 % 5)) - 1, n: n }/" other.rules
}
cp good.rules now.rules

mkfifo events alerts # omen reads the first as its standard input
# %.0f: %d of some awks ends at 2^31 - 1; where time stands still, windows never forget
awk 'BEGIN {
    for (i = 0; i < 5; i++) fields = fields ",\"f" i "\":1"
    for (i = 0;; i++) printf "{\"k\":\"k%d\",\"at\":%.0f%s,\"n\":%d}\n", i % 97, 1767225600000 + i * 2, fields, i % 1000
}' >events 2>feeder & feeder=$!
awk -F'"n":' '/"rule":"each"/ { if ($2 + 0 != count++ % 1000) wrong++; if (/"f":/) { read++; if (!/"f":0,/) wrong++ } }
    END { print count + 0, wrong + 0, read + 0 }' <alerts >counted & counter=$!
"$omen" run now.rules --in s=- --workers 2 --lateness 100ms <events >alerts 2>messages & pid=$!

wait_for() { # a pattern, so many times
    i=0
    while [ "$(grep -c "$1" messages)" -lt "$2" ]; do
        kill -0 $pid 2>/dev/null || fail "omen has ended"
        i=$((i + 1)); [ $i -gt 2000 ] && fail "no answer to reload $n"
        sleep 0.01
    done
}
memory() { awk '/VmRSS/ { print $2 }' /proc/$pid/status; }

n=0 done=0 refused=0 early=0 late=0 tenth=$((times / 10))
sleep 0.5
while [ $n -lt "$times" ]; do
    n=$((n + 1))
    case $((n % 4)) in 0) now=good ;; 1) now=changed ;; 2) now=broken ;; 3) now=other ;; esac
    [ $now = other ] && field $n >now.rules || cp $now.rules now.rules
    kill -HUP $pid
    if [ $now = broken ]; then
        refused=$((refused + 1)); wait_for 'reload: refused' $refused
    else
        done=$((done + 1)); wait_for 'reload: done' $done
    fi
    now=$(memory)
    [ $n -le $((4 * tenth)) ] && [ $now -gt $early ] && early=$now
    [ $n -gt $((6 * tenth)) ] && [ $now -gt $late ] && late=$now
done
kill $feeder
wait $pid || fail "omen ended with $?"
wait $counter
[ "$(grep -c 'reload: done' messages)" -eq $done ] || fail "more reloads than were asked for"
events=$(awk '$1 == "events" { gsub(",", "", $2); print $2 }' messages)
read -r count wrong read <counted
echo "$n reloads: $done done, $refused refused; $events events, $count alerts, $wrong of them wrong, $read of a field more; $early KiB, then $late KiB"
[ "$count" -eq "$events" ] && [ "$wrong" -eq 0 ] || fail "alerts are missing or too many"
[ "$read" -gt 0 ] || fail "no field was read more"
grep -q 'rule pair: .*runs: [1-9]' messages || fail "no run was ever kept"
for rule in pair many chain hour; do
    awk -v rule=$rule '$1 == rule { gsub(",", "", $2); n += $2 } END { exit !n }' messages ||
        fail "rule $rule never alerted"
done
[ "$late" -le $((early + 2048)) ] || fail "memory grows"
