#: Rows within the lateness are put in order: the alerts of the ordered file, but for positions. Without it they are late.
$ { sed -n 2p telemetry.ndjson; sed -n 1p telemetry.ndjson; sed -n '3,$p' telemetry.ndjson; } >disordered.ndjson

$ for n in 1 7 1024; do omen replay speeding.rules --in telemetry=disordered.ndjson --lateness 1h --batch $n --quiet | sed 's/"id":"[^"]*"//; s/"offset":[0-9]*//g' >a.$n; done; omen replay speeding.rules --in telemetry=telemetry.ndjson --quiet | sed 's/"id":"[^"]*"//; s/"offset":[0-9]*//g' >b; cmp a.1 b && cmp a.7 b && cmp a.1024 b && echo the same
the same

$ omen replay speeding.rules --in telemetry=disordered.ndjson --quiet --late late.ndjson --out alerts.ndjson; wc -l <late.ndjson
1

$ omen replay speeding.rules --in telemetry=disordered.ndjson --lateness soon
omen: error: --lateness soon: expected a duration, as in 5s or 1h30m
[exit 2]
