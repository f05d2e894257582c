#: Places that two kinds of output share, or that cannot be opened. Nothing is opened when something else is wrong.
$ omen replay speeding.rules --in telemetry=telemetry.ndjson --late -
omen: error: --late -: alerts go there already: give each a place of its own
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out a.ndjson --out a.ndjson
omen: error: --out a.ndjson: alerts go there already: give each a place of its own
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out a.ndjson --late b.ndjson --dead-letter b.ndjson
omen: error: --dead-letter b.ndjson: late events go there already: give each a place of its own
[exit 2]

$ omen replay speeding.rules --in telemetry=nothing.ndjson --out a.ndjson
omen: error: --in telemetry: nothing.ndjson: No such file or directory
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out nowhere/a.ndjson
omen: error: --out nowhere/a.ndjson: No such file or directory
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out zmq:sub:tcp://127.0.0.1:5556
omen: error: --out zmq:sub:tcp://127.0.0.1:5556: expected zmq:pub:, zmq:push: or zmq:ack: and an endpoint, as in zmq:push:@tcp://127.0.0.1:5556
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out a.ndjson.gz
omen: error: --out a.ndjson.gz: writing packed files is not built yet
[exit 2]

$ ls a.ndjson b.ndjson
ls: cannot access 'a.ndjson': No such file or directory
ls: cannot access 'b.ndjson': No such file or directory
[exit 2]

#: The world fails: 3, with what was found out before.
$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out /dev/full
events                      8  in T s, R a second
alerts                      2
  sustained_speeding        1
  unsignalled_lane_changes  1
malformed                   0
late                        0
null keys                   0
lost                        2
  /dev/full                 2
omen: error: /dev/full: No space left on device
[exit 3]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson >/dev/full
events                      8  in T s, R a second
alerts                      2
  sustained_speeding        1
  unsignalled_lane_changes  1
malformed                   0
late                        0
null keys                   0
lost                        2
  -                         2
omen: error: standard output: No space left on device
[exit 3]

$ omen replay speeding.rules --in telemetry=messy.ndjson --out /dev/null --dead-letter /dev/full --quiet
omen: error: /dev/full: No space left on device
[exit 3]

$ omen check --format=json broken.rules >/dev/full
omen: error: standard output: No space left on device
[exit 2]

$ omen --help >/dev/full
omen: error: standard output: No space left on device
[exit 3]

$ gzip -c telemetry.ndjson | head -c 120 >cut.ndjson.gz

$ omen replay speeding.rules --in telemetry=cut.ndjson.gz --quiet
omen: error: cut.ndjson.gz: the gzip data end too early: truncated, in line 1
[exit 3]

#: Standard streams that are closed.
$ omen replay speeding.rules --in telemetry=telemetry.ndjson --out - --out b.ndjson --quiet >&-
omen: error: standard output: Bad file descriptor
[exit 3]

$ wc -l <b.ndjson
2

$ omen replay speeding.rules --in telemetry=- --quiet <&-
omen: error: -: Bad file descriptor
[exit 3]

#: The reader of standard output leaves: no failure.
$ { sleep 0.2; omen replay speeding.rules --in telemetry=telemetry.ndjson --batch 1; echo "$?" >code; } | :; cat code
0

$ { sleep 0.2; omen replay speeding.rules --in telemetry=telemetry.ndjson; echo "$?" >code; } | :; cat code
0

$ { sleep 0.2; omen explain speeding.rules; echo "$?" >code; } | :; cat code
0
