#: Every page of help, and its example as it stands there.
$ omen check --help
omen check: compile rule files and report everything that is wrong

usage: omen check RULES... [OPTION...]

Several files, and what they import, are one rule set. Exits with 0 when the rules
can run, also with warnings, and with 2 when they cannot.

  --format text|json  text for people (the default), or JSON on standard output with the
                      spans
  --param NAME=VALUE  set a `param` of the rules; may be repeated
  -h, --help          this page

example:
  omen check speeding.rules

$ omen check speeding.rules
2 rules, 1 stream: fine

$ omen fmt -h
omen fmt: print a rule file in canonical text

usage: omen fmt RULES... [OPTION...]

Comments are kept. - is standard input. A file with errors is never rewritten.

  -i, --in-place  rewrite the files that are not canonical
  --check         change nothing; list the files that would change, and exit with 1 if
                  there are any
  -h, --help      this page

example:
  omen fmt --check speeding.rules

$ omen fmt --check speeding.rules

$ omen explain --help
omen explain: show what the compiler made of the rules

usage: omen explain RULES... [OPTION...]

For each rule: what it waits for, when each part of a condition is tested, what is
kept for a key and how long.

  --rule NAME                         this rule only
  --stage tokens|tree|types|nfa|code  print what this stage of the compiler makes,
                                      instead of the explanation
  --dot                               draw the automata as Graphviz digraphs, one a
                                      rule, for dot -Tsvg
  --param NAME=VALUE                  set a `param` of the rules; may be repeated
  -h, --help                          this page

example:
  omen explain speeding.rules --rule sustained_speeding

$ omen explain speeding.rules --rule sustained_speeding
rule sustained_speeding
    "More than 10 km/h over the limit, three times in a row within a minute"
    waits for fast 3 times in a row within 1m
    on telemetry, for each vehicle
    the first way from each beginning is a match; the next begins behind its last event

    conditions
        fast  once an event, over the batch   speed > limit + 10

    automaton
        state 0  start
            TAKE     fast         any event may start a run; count0 = 1
        state 1  fast
            TAKE     fast         the very next event; if count0 < 3; count0 + 1
            PROCEED  match; if count0 >= 3
        a run ends 1m after its first event

    kept for each key
        previous values: 24 bytes, 1 value, shared by 2 rules
        a run: 240 bytes, 3 cells, for at most 1m
        an event of fast: 64 bytes, 0 values
        in all: 477 bytes a key with one run that has taken one event

$ omen replay --help
omen replay: run rules on recorded input, as fast as it goes

usage: omen replay RULES... --in STREAM=SOURCE [OPTION...]

Alerts are JSON objects (CloudEvents), one a line. SIGTERM and SIGINT end it in order, a
second one at once; SIGUSR1 prints the counters.

  --in STREAM=SOURCE       where the events of a stream come from: a file (.ndjson
                           .jsonl .json .csv, each also with .gz or .zst) or - for
                           NDJSON on standard input; given several times for a stream
                           they are its partitions 0, 1, ...; omen run: also
                           kafka:TOPIC, zmq:pull:ENDPOINT, zmq:sub:ENDPOINT
  --table NAME=FILE        where the rows of a table come from: a file (.csv .ndjson
                           .jsonl .json, each also with .gz or .zst), read whole; omen
                           run reads it again when it changes, and takes kafka:TOPIC,
                           compacted, too
  --out SINK               where alerts go: a file, which is appended to, - for standard
                           output (the default), kafka:TOPIC, zmq:pub:ENDPOINT,
                           zmq:push:ENDPOINT or zmq:ack:ENDPOINT; may be repeated
  --late SINK              where late events go, older than one before them in their
                           stream; without it they are counted
  --lateness DURATION      how long older events of a source are waited for and put in
                           order, as in 5s (0s); what is older still is late
  --shadow SINK            where alerts of rules in mode shadow go; without it they are
                           counted
  --dead-letter SINK       where malformed input goes, with the reason; without it it is
                           counted
  --param NAME=VALUE       set a `param` of the rules; may be repeated
  --drain                  where the input ends, let time go on until nothing waits for
                           it: absences and windows that end later are told; without it
                           time stops at the last event
  --batch ROWS             events that are read at a time, 1 to 4096 (1024); changes no
                           result
  --quiet                  no warnings, no progress, no summary
  --log-format text|json   messages and the summary for people (the default), or as JSON
                           objects, one a line
  --workers N              threads that match, each a share of the keys, 1 to 64 (as
                           many as there are cores); changes no result
  --kafka NAME=VALUE       a property of librdkafka, by its own name, for all that goes
                           to Kafka and comes from there; secrets only in --config or
                           OMEN_KAFKA_...
  -c, --config FILE        a file that says what is said here, in the syntax of rule
                           files; the command line and the environment win
  --http ADDRESS           pages on how it goes: /metrics (OpenMetrics), /livez,
                           /readyz, and / for people; a port, or host:port; without a
                           host on this machine only
  --ready-lag MESSAGES     omen run: /readyz says no while more messages than that are
                           there and not read (any number)
  --idle-after DURATION    omen run: a partition silent for so long is passed over, and
                           when all are, event time follows the wall clock (30s); off:
                           never
  --future-bound DURATION  omen run: an event so far ahead of the wall clock is
                           malformed (5m); off: none is
  --journal FILE           omen run writes there what was late, idle and too far ahead,
                           and where input ended; omen replay with it gives the same
                           alerts again
  --reload RULES           omen replay: the rules that took over at a reload of the run
                           that wrote the journal, several files with commas between
                           them; given once for each reload, in order
  --check                  runs nothing: compiles the rules, and prints every setting
                           and where it was said
  -h, --help               this page

example:
  omen replay speeding.rules --in telemetry=telemetry.ndjson

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

$ omen run --help
omen run: run rules on live input, until it ends

usage: omen run RULES... --in STREAM=SOURCE [OPTION...]

Alerts are JSON objects (CloudEvents), one a line. SIGTERM and SIGINT end it in order, a
second one at once; SIGUSR1 prints the counters.
SIGHUP compiles the rules again and goes on with their state: see omen plan.

  --in STREAM=SOURCE       where the events of a stream come from: a file (.ndjson
                           .jsonl .json .csv, each also with .gz or .zst) or - for
                           NDJSON on standard input; given several times for a stream
                           they are its partitions 0, 1, ...; omen run: also
                           kafka:TOPIC, zmq:pull:ENDPOINT, zmq:sub:ENDPOINT
  --table NAME=FILE        where the rows of a table come from: a file (.csv .ndjson
                           .jsonl .json, each also with .gz or .zst), read whole; omen
                           run reads it again when it changes, and takes kafka:TOPIC,
                           compacted, too
  --out SINK               where alerts go: a file, which is appended to, - for standard
                           output (the default), kafka:TOPIC, zmq:pub:ENDPOINT,
                           zmq:push:ENDPOINT or zmq:ack:ENDPOINT; may be repeated
  --late SINK              where late events go, older than one before them in their
                           stream; without it they are counted
  --lateness DURATION      how long older events of a source are waited for and put in
                           order, as in 5s (0s); what is older still is late
  --shadow SINK            where alerts of rules in mode shadow go; without it they are
                           counted
  --dead-letter SINK       where malformed input goes, with the reason; without it it is
                           counted
  --param NAME=VALUE       set a `param` of the rules; may be repeated
  --drain                  where the input ends, let time go on until nothing waits for
                           it: absences and windows that end later are told; without it
                           time stops at the last event
  --batch ROWS             events that are read at a time, 1 to 4096 (1024); changes no
                           result
  --quiet                  no warnings, no progress, no summary
  --log-format text|json   messages and the summary for people (the default), or as JSON
                           objects, one a line
  --workers N              threads that match, each a share of the keys, 1 to 64 (as
                           many as there are cores); changes no result
  --kafka NAME=VALUE       a property of librdkafka, by its own name, for all that goes
                           to Kafka and comes from there; secrets only in --config or
                           OMEN_KAFKA_...
  -c, --config FILE        a file that says what is said here, in the syntax of rule
                           files; the command line and the environment win
  --http ADDRESS           pages on how it goes: /metrics (OpenMetrics), /livez,
                           /readyz, and / for people; a port, or host:port; without a
                           host on this machine only
  --ready-lag MESSAGES     omen run: /readyz says no while more messages than that are
                           there and not read (any number)
  --idle-after DURATION    omen run: a partition silent for so long is passed over, and
                           when all are, event time follows the wall clock (30s); off:
                           never
  --future-bound DURATION  omen run: an event so far ahead of the wall clock is
                           malformed (5m); off: none is
  --journal FILE           omen run writes there what was late, idle and too far ahead,
                           and where input ended; omen replay with it gives the same
                           alerts again
  --reload RULES           omen replay: the rules that took over at a reload of the run
                           that wrote the journal, several files with commas between
                           them; given once for each reload, in order
  --check                  runs nothing: compiles the rules, and prints every setting
                           and where it was said
  -h, --help               this page

example:
  tail -n +1 telemetry.ndjson | omen run speeding.rules --in telemetry=-

$ tail -n +1 telemetry.ndjson | omen run speeding.rules --in telemetry=- | wc -l
events                      8  in T s, R a second
alerts                      2
  sustained_speeding        1
  unsignalled_lane_changes  1
malformed                   0
late                        0
null keys                   0
2
