#: Windows that close: by time that goes on, and at the end of input only with --drain; the same for batches of any size.
$ printf '%s\n' 'stream s { k : string  at : time event in seconds  n : int }' 'rule tumbling { on s by k every 10s when true emit n: count(), sum: sum(n) }' 'rule session { on s by k every session gap 5s when count() > 1 emit n: count() }' >every.rules; printf '{"k":"a","at":%d,"n":%d}\n' 0 1 4 2 9 3 10 4 12 5 >s.ndjson

$ for n in 1 1024; do omen replay every.rules --in s=s.ndjson --quiet --batch $n | sed 's/.*"time":"\([^"]*\)".*"rule":"\([a-z]*\)".*"start":"\([^"]*\)".*"emit":\({[^}]*}\).*/\1 \2 \3 \4/'; done
1970-01-01T00:00:09Z session 1970-01-01T00:00:00Z {"n":2}
1970-01-01T00:00:10Z tumbling 1970-01-01T00:00:00Z {"n":3,"sum":6}
1970-01-01T00:00:09Z session 1970-01-01T00:00:00Z {"n":2}
1970-01-01T00:00:10Z tumbling 1970-01-01T00:00:00Z {"n":3,"sum":6}

$ omen replay every.rules --in s=s.ndjson --quiet --drain | sed 's/.*"time":"\([^"]*\)".*"rule":"\([a-z]*\)".*"start":"\([^"]*\)".*"emit":\({[^}]*}\).*/\1 \2 \3 \4/'
1970-01-01T00:00:09Z session 1970-01-01T00:00:00Z {"n":2}
1970-01-01T00:00:10Z tumbling 1970-01-01T00:00:00Z {"n":3,"sum":6}
1970-01-01T00:00:17Z session 1970-01-01T00:00:09Z {"n":3}
1970-01-01T00:00:20Z tumbling 1970-01-01T00:00:10Z {"n":2,"sum":9}

#: A replay that begins within a window gives its alert the same id.
$ omen replay every.rules --in s=s.ndjson --quiet --drain | grep -o '"id":"[^"]*"' | sort >all; tail -n +2 s.ndjson >later.ndjson; omen replay every.rules --in s=later.ndjson --quiet --drain | grep -o '"id":"[^"]*"' | sort | comm -12 all - | wc -l
3

#: What is left out of a window's values is told.
$ echo 'stream s { k : int  at : time event in seconds } rule many { on s every 1h when true emit different: distinct(k), half: percentile(k, 50), n: count() }' >many.rules; seq 70000 | sed 's/.*/{"k":&,"at":1}/' >many.ndjson; omen replay many.rules --in s=many.ndjson --drain --out many.out; grep -o '"emit":{[^}]*}' many.out
many.rules:1:65: note: without `by` all events of the stream have one key
    1 | …time event in seconds } rule many { on s every 1h when true emit different: distinct(k), half: percentile(k, 50), n: c…
      |                                         ^
events           70,000  in T s, R a second
alerts                1
  many                1
malformed             0
late                  0
null keys             0
values left out   8,928  at the limit of values for a window
"emit":{"different":65536,"half":32768,"n":70000}

$ omen replay many.rules --in s=many.ndjson --drain --out /dev/null --log-format=json 2>&1 | grep -o '"window_values_left_out":[0-9]*'
"window_values_left_out":8928

#: What is kept for a window is explained.
$ omen explain every.rules
rule tumbling
    tests each window when it closes: every 10s
    on s, for each k
    each window whose condition holds is a match

    conditions
        once a window                   true

    kept for each key
        panes of 10s: 32 bytes, 2 windows; 88 bytes a pane, at most 2
        in all: 373 bytes a key

rule session
    tests each window when it closes: every session gap 5s
    on s, for each k
    each window whose condition holds is a match

    conditions
        once a window                   count() > 1

    kept for each key
        panes, one a session: 32 bytes, 1 window; 64 bytes a pane, at most 2
        in all: 373 bytes a key
