$ omen replay speeding.rules --in telemetry=telemetry.ndjson
{"specversion":"1.0","id":"16d975809ecbbfff1fdb17614e2f6be8","source":"omen","type":"omen.alert","subject":"v1","time":"2026-01-31T12:00:20Z","data":{"rule":"sustained_speeding","version":1,"severity":"high","tags":[],"key":"v1","start":"2026-01-31T12:00:00Z","end":"2026-01-31T12:00:20Z","emit":{"top":74.0,"since":"2026-01-31T12:00:00Z"},"matched":{"fast":[{"stream":"telemetry","partition":0,"offset":0},{"stream":"telemetry","partition":0,"offset":2},{"stream":"telemetry","partition":0,"offset":4}]},"suppressed":0}}
{"specversion":"1.0","id":"c6199e2e241a9cc1a00c7ed9cebb2c3d","source":"omen","type":"omen.alert","subject":"v2","time":"2026-01-31T12:00:31Z","data":{"rule":"unsignalled_lane_changes","version":1,"severity":"medium","tags":[],"key":"v2","start":"2026-01-31T12:00:11Z","end":"2026-01-31T12:00:31Z","emit":{"lanes":[2,1,2]},"matched":{"change":[{"stream":"telemetry","partition":0,"offset":3},{"stream":"telemetry","partition":0,"offset":5},{"stream":"telemetry","partition":0,"offset":6}]},"suppressed":0}}
events                      8  in T s, R a second
alerts                      2
  sustained_speeding        1
  unsignalled_lane_changes  1
malformed                   0
late                        0
null keys                   0

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --quiet | cut -c1-60
{"specversion":"1.0","id":"16d975809ecbbfff1fdb17614e2f6be8"
{"specversion":"1.0","id":"c6199e2e241a9cc1a00c7ed9cebb2c3d"

#: Malformed, late and keyless events.
$ omen replay speeding.rules --in telemetry=messy.ndjson --out alerts.ndjson
events                      5  in T s, R a second
alerts                      1
  sustained_speeding        1
  unsignalled_lane_changes  0
malformed                   2  not kept; --dead-letter SINK keeps them
  the first: messy.ndjson line 2: expected a number for `speed`, found a string
late                        1  not kept; --late SINK keeps them
null keys                   1

$ omen replay speeding.rules --in telemetry=messy.ndjson --out - --out again.ndjson --late late.ndjson --dead-letter dead.ndjson | cmp - alerts.ndjson
events                      5  in T s, R a second
alerts                      1
  sustained_speeding        1
  unsignalled_lane_changes  0
malformed                   2  in dead.ndjson
  the first: messy.ndjson line 2: expected a number for `speed`, found a string
late                        1  in late.ndjson
null keys                   1

$ cmp again.ndjson alerts.ndjson; cat late.ndjson dead.ndjson
{"stream":"telemetry","partition":0,"offset":4,"time":"2026-01-31T12:00:15Z","newest":"2026-01-31T12:00:20Z","event":{"vehicle":"v1","at":"2026-01-31T12:00:15Z","speed":99.0,"limit":50.0,"lane":1,"signal":"off"}}
{"source":"messy.ndjson","stream":"telemetry","partition":0,"offset":1,"byte":93,"at":52,"reason":"expected a number for `speed`, found a string","length":94,"text":"{\"vehicle\":\"v1\",\"at\":\"2026-01-31T12:00:10Z\",\"speed\":\"fast\",\"limit\":50,\"lane\":1,\"signal\":\"off\"}"}
{"source":"messy.ndjson","stream":"telemetry","partition":0,"offset":3,"byte":279,"at":0,"reason":"expected a JSON object","length":8,"text":"not json"}

$ omen replay speeding.rules --in telemetry=- --quiet <messy.ndjson | cmp - alerts.ndjson

$ omen replay speeding.rules --in telemetry=- <messy.ndjson 2>&1 >/dev/null | grep first
  the first: standard input line 2: expected a number for `speed`, found a string

#: Packed input, and an output that is appended to.
$ gzip -c telemetry.ndjson >telemetry.ndjson.gz

$ omen replay speeding.rules --in telemetry=telemetry.ndjson.gz --quiet --out twice.ndjson

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --quiet --out twice.ndjson

$ sort twice.ndjson | uniq -c | cut -c1-60
      2 {"specversion":"1.0","id":"16d975809ecbbfff1fdb17614
      2 {"specversion":"1.0","id":"c6199e2e241a9cc1a00c7ed9c

#: The summary for machines.
$ omen replay speeding.rules --in telemetry=messy.ndjson --out /dev/null --log-format=json
{"time":"T","level":"info","message":"summary","seconds":T,"events":5,"events_per_second":R,"alerts":1,"alerts_by_rule":{"sustained_speeding":1,"unsignalled_lane_changes":0},"malformed":2,"dead_letter":null,"first_malformed":"messy.ndjson line 2: expected a number for `speed`, found a string","late":1,"late_sink":null,"null_keys":1,"runs_dropped":0,"regex_given_up":0,"bytes_read":561}

$ omen replay speeding.rules --in telemetry=messy.ndjson --out /dev/null --log-format=json --dead-letter /dev/null 2>&1 | tr , '\n' | grep dead_letter
"dead_letter":"/dev/null"

$ omen replay broken.rules --in telemetry=messy.ndjson --log-format=json
{"time":"T","level":"error","message":"broken.rules:10:20: there is no field `sped` in stream telemetry; did you mean `speed`?"}
{"time":"T","level":"error","message":"broken.rules:14:14: there is no stream `telemetri`; did you mean `telemetry`?"}
[exit 2]

#: A param.
$ omen replay fleet.rules --in payments=payments.csv --in telemetry=telemetry.ndjson --param floor_amount=1200.00 --out /dev/null
events                      12  in T s, R a second
alerts                       3
  large                      1
  sustained_speeding         1
  unsignalled_lane_changes   1
malformed                    0
late                         0
null keys                    0

#: Mistakes.
$ omen replay
omen: error: replay: expected rule files, found none: omen replay RULES... --in STREAM=SOURCE (see omen replay --help)
[exit 2]

$ omen replay speeding.rules telemetry.ndjson
omen: error: replay: telemetry.ndjson is no rule file by its name: events are given by --in STREAM=telemetry.ndjson
[exit 2]

$ omen replay broken.rules --in telemetry=telemetry.ndjson
broken.rules:10:20: error: there is no field `sped` in stream telemetry
   10 |     where    fast: sped > 100
      |                    ^^^^
      = did you mean `speed`?
broken.rules:14:14: error: there is no stream `telemetri`
   14 |     on       telemetri by vehicle
      |              ^^^^^^^^^
      = did you mean `telemetry`?
2 errors
[exit 2]

$ omen replay missing.rules --in telemetry=telemetry.ndjson
omen: error: missing.rules: No such file or directory
[exit 2]

$ : >empty.rules; omen replay empty.rules
omen: error: empty.rules: there is no rule to run
[exit 2]

$ omen replay speeding.rules
omen: error: stream telemetry has no source, and rule sustained_speeding reads it: add --in telemetry=FILE, or --in telemetry=- for standard input
[exit 2]

$ omen replay fleet.rules
omen: error: stream payments has no source, and rule large reads it: add --in payments=FILE, or --in payments=- for standard input
omen: error: stream telemetry has no source, and rule sustained_speeding reads it: add --in telemetry=FILE, or --in telemetry=- for standard input
[exit 2]

$ omen replay fleet.rules --in payments=payments.csv
omen: error: stream telemetry has no source, and rule sustained_speeding reads it: add --in telemetry=FILE, or --in telemetry=- for standard input
[exit 2]

$ omen replay speeding.rules --in telemetry.ndjson
omen: error: --in telemetry.ndjson: expected STREAM=SOURCE, as in --in telemetry=telemetry.ndjson
[exit 2]

$ omen replay speeding.rules --in =telemetry.ndjson
omen: error: --in =telemetry.ndjson: expected STREAM=SOURCE, as in --in telemetry=telemetry.ndjson
[exit 2]

$ omen replay speeding.rules --in telemetri=telemetry.ndjson
omen: error: --in telemetri=telemetry.ndjson: there is no stream telemetri; did you mean telemetry?
[exit 2]

$ omen replay fleet.rules --in cars=telemetry.ndjson
omen: error: --in cars=telemetry.ndjson: there is no stream cars; the rules declare payments, telemetry
[exit 2]

$ omen replay speeding.rules --in telemetry=nothing.ndjson
omen: error: --in telemetry: nothing.ndjson: No such file or directory
[exit 2]

$ omen replay speeding.rules --in telemetry=speeding.rules
omen: error: --in telemetry: speeding.rules: cannot tell what it holds: expected a name that ends in .ndjson, .jsonl, .json or .csv, each also with .gz or .zst
[exit 2]

$ omen replay speeding.rules --in telemetry=kafka:telemetry
omen: error: --in telemetry: kafka:telemetry: what comes over a network has no end: it is for omen run
[exit 2]

$ omen replay speeding.rules --in telemetry=payments.csv
omen: error: --in telemetry: payments.csv: has no column `vehicle`
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --in telemetry=messy.ndjson
{"specversion":"1.0","id":"fdabde6020cd6aa249ce544348c52a84","source":"omen","type":"omen.alert","subject":"v1","time":"2026-01-31T12:00:10Z","data":{"rule":"sustained_speeding","version":1,"severity":"high","tags":[],"key":"v1","start":"2026-01-31T12:00:00Z","end":"2026-01-31T12:00:10Z","emit":{"top":74.0,"since":"2026-01-31T12:00:00Z"},"matched":{"fast":[{"stream":"telemetry","partition":0,"offset":0},{"stream":"telemetry","partition":1,"offset":0},{"stream":"telemetry","partition":0,"offset":2}]},"suppressed":0}}
{"specversion":"1.0","id":"9efff8bd96b38ca81ce6085575ad9217","source":"omen","type":"omen.alert","subject":"v1","time":"2026-01-31T12:00:30Z","data":{"rule":"sustained_speeding","version":1,"severity":"high","tags":[],"key":"v1","start":"2026-01-31T12:00:20Z","end":"2026-01-31T12:00:30Z","emit":{"top":74.0,"since":"2026-01-31T12:00:20Z"},"matched":{"fast":[{"stream":"telemetry","partition":0,"offset":4},{"stream":"telemetry","partition":1,"offset":2},{"stream":"telemetry","partition":1,"offset":6}]},"suppressed":0}}
{"specversion":"1.0","id":"c6199e2e241a9cc1a00c7ed9cebb2c3d","source":"omen","type":"omen.alert","subject":"v2","time":"2026-01-31T12:00:31Z","data":{"rule":"unsignalled_lane_changes","version":1,"severity":"medium","tags":[],"key":"v2","start":"2026-01-31T12:00:11Z","end":"2026-01-31T12:00:31Z","emit":{"lanes":[2,1,2]},"matched":{"change":[{"stream":"telemetry","partition":0,"offset":3},{"stream":"telemetry","partition":0,"offset":5},{"stream":"telemetry","partition":0,"offset":6}]},"suppressed":0}}
events                      13  in T s, R a second
alerts                       3
  sustained_speeding         2
  unsignalled_lane_changes   1
malformed                    2  not kept; --dead-letter SINK keeps them
  the first: messy.ndjson line 2: expected a number for `speed`, found a string
late                         1  not kept; --late SINK keeps them
null keys                    1

$ omen replay fleet.rules --in telemetry=- --in payments=- </dev/null
omen: error: --in payments=-: standard input feeds stream telemetry already: it can feed one
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --in telemetry=telemetry.ndjson
omen: error: --in telemetry=telemetry.ndjson: stream telemetry reads that already: its events would count twice
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --batch 0
omen: error: --batch: expected a number from 1 to 4096, found 0
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --batch 4097
omen: error: --batch: expected a number from 1 to 4096, found 4097
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --batch many
omen: error: --batch: expected a number from 1 to 4096, found many
[exit 2]

$ omen replay fleet.rules --param floor_amount=x --in telemetry=telemetry.ndjson
fleet.rules:3:7: error: `floor_amount` was set to `x`, which is not decimal(2)
    3 | param floor_amount : decimal(2) = 1000.00 "what is large"
      |       ^^^^^^^^^^^^
      = a number with at most 2 digits behind the point
1 error
[exit 2]
