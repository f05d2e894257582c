#: Rows within the lateness are put in order: the alerts of the ordered file, but for positions. Without it they are late.
$ { sed -n 2p telemetry.ndjson; sed -n 1p telemetry.ndjson; sed -n '3,$p' telemetry.ndjson; } >disordered.ndjson

$ for n in 1 7 1024; do omen replay speeding.rules --in telemetry=disordered.ndjson --lateness 1h --batch $n --quiet | sed 's/"id":"[^"]*"//; s/"offset":[0-9]*//g' >a.$n; done; omen replay speeding.rules --in telemetry=telemetry.ndjson --quiet | sed 's/"id":"[^"]*"//; s/"offset":[0-9]*//g' >b; cmp a.1 b && cmp a.7 b && cmp a.1024 b && echo the same
the same

$ omen replay speeding.rules --in telemetry=disordered.ndjson --quiet --late late.ndjson --out alerts.ndjson; wc -l <late.ndjson
1

$ omen replay speeding.rules --in telemetry=disordered.ndjson --lateness soon
omen: error: --lateness soon: expected a duration, as in 5s or 1h30m
[exit 2]

#: A stream of two files: partitions 0 and 1, merged by event time. The alerts are those of one file, but for positions.
$ sed -n '1~2p' telemetry.ndjson >p0.ndjson; sed -n '2~2p' telemetry.ndjson >p1.ndjson
> for n in 1 7 1024; do for l in 0s 1h; do omen replay speeding.rules --in telemetry=p0.ndjson --in telemetry=p1.ndjson --lateness $l --batch $n --quiet | sed 's/"id":"[^"]*"//; s/"partition":1/"partition":0/g; s/"offset":[0-9]*//g' | cmp - b; done; done && echo the same
the same

#: Disorder within the lateness changes nothing, in any partition.
$ sed -n '2p;1p;3p;4p' p1.ndjson >q1.ndjson; omen replay speeding.rules --in telemetry=p0.ndjson --in telemetry=q1.ndjson --lateness 1h --quiet | sed 's/"id":"[^"]*"//; s/"partition":1/"partition":0/g; s/"offset":[0-9]*//g' | cmp - b && echo the same
the same

#: Nothing is a source too.
$ omen replay speeding.rules --in telemetry=/dev/null --in telemetry=telemetry.ndjson --quiet | wc -l
2
