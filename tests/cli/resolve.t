#: Alerts that close: at an event, by the clock, and those that do not.
$ printf '{"room":"%s","at":"2026-01-31T12:%s:00Z","value":%s}\n' a 00 31 a 01 28 b 02 40 a 03 25 c 13 33 a 14 50 >temps.ndjson; omen replay closing.rules --in temps=temps.ndjson --out alerts.ndjson --shadow shadow.ndjson
events      6  in T s, R a second
alerts      4
  hot       4
resolved    4
  hot       2
  cools     2
still open  2
shadow      2  in shadow.ndjson
  cools     2
malformed   0
late        0
null keys   0

$ sed 's/.*"id":"\(....\).*"type":"\([^"]*\)".*"time":"[^T]*T\([^"]*\)".*"end":"[^T]*T\([^"]*\)"\(.*\)/\3 \1 \2 end \4 \5/' alerts.ndjson
12:00:00Z eba2 omen.alert end 12:00:00Z ,"emit":{"value":31.0},"matched":{"high":[{"stream":"temps","partition":0,"offset":0}]},"suppressed":0}}
12:02:00Z 59bd omen.alert end 12:02:00Z ,"emit":{"value":40.0},"matched":{"high":[{"stream":"temps","partition":0,"offset":2}]},"suppressed":0}}
12:03:00Z eba2 omen.resolved end 12:00:00Z ,"resolved":"2026-01-31T12:03:00Z","emit":{"value":25.0,"was":31.0},"matched":{"high":[{"stream":"temps","partition":0,"offset":0}]}}}
12:12:00Z 59bd omen.resolved end 12:02:00Z ,"resolved":"2026-01-31T12:12:00Z","emit":{"value":null,"was":40.0},"matched":{"high":[{"stream":"temps","partition":0,"offset":2}]}}}
12:13:00Z dae2 omen.alert end 12:13:00Z ,"emit":{"value":33.0},"matched":{"high":[{"stream":"temps","partition":0,"offset":4}]},"suppressed":0}}
12:14:00Z 23b3 omen.alert end 12:14:00Z ,"emit":{"value":50.0},"matched":{"high":[{"stream":"temps","partition":0,"offset":5}]},"suppressed":0}}

$ sed 's/.*"type":"\([^"]*\)".*"time":"[^T]*T\([^"]*\)".*"suppressed".*/\2 \1/; s/.*"type":"\([^"]*\)".*"time":"[^T]*T\([^"]*\)".*/\2 \1/' shadow.ndjson; grep -c '"shadow":true' shadow.ndjson
12:05:00Z omen.timeout
12:06:00Z omen.resolved
12:07:00Z omen.timeout
12:08:00Z omen.resolved
4

$ omen replay closing.rules --in temps=temps.ndjson --out /dev/null --log-format=json 2>&1 | sed 's/.*\("alerts_by_rule".*\),"malformed".*/\1/'
"alerts_by_rule":{"hot":4,"cools":2},"resolved":{"hot":2,"cools":2},"still_open":2,"left_open":0,"forgotten_open":0,"suppressed":{"hot":0},"shadow":2,"shadow_sink":null

$ for n in 1 2 3 1024; do omen replay closing.rules --in temps=temps.ndjson --batch $n --quiet --drain >alerts.$n; done; cmp alerts.1 alerts.2 && cmp alerts.1 alerts.3 && cmp alerts.1 alerts.1024 && wc -l <alerts.1
8

$ omen explain closing.rules --rule hot | sed -n '/closes/,$p'
    closes
        when     once an open alert              value < high.value - 5
        after    10m
        keeps    an open alert: 64 bytes, a run, and the events that it took

$ omen explain closing.rules --stage=code | grep resolve
resolve when: of the run (code 3)
value: emitted at resolve (code 4)
was: emitted at resolve (code 2)

#: Tests see what closes, what was held back, and what came late.
$ omen test closing.rules
4 passed, 0 failed

$ omen test unclosed.rules
unclosed.rules:3: "wrong in every way" for hot failed
    at 0s    { room: "a", value: 31 }                         high (1), high (2)
    at 10s   { room: "a", value: 32 }
    at 20s   { room: "a", value: 26 }                         late
    at 40s   { room: "a", value: 25 }
    wanted   resolved at 20s { value: 26 }
    wanted   suppressed 2
    came     suppressed 1
    came     resolved at 40s { key: "a", value: 25.0, was: 31.0 } (2)

unclosed.rules:13: "another step" for cools failed
    at 0s    { room: "a", value: 30 }                         high
    at 5m    wait 5m
    wanted   timeout at 5m { step: low }
    came     timeout at 5m { key: "a", lowest: 30.0, step: high }

4 passed, 2 failed
[exit 1]

$ omen test closing.rules --lateness 8s
closing.rules:41: "what comes late takes no part" for hot failed
    at 0s    { room: "a", value: 20 }
    at 5s    { room: "a", value: 30 }                         high
    at 13s   { room: "b", value: 20 }
    wanted   none
    came     at 5s { key: "a", value: 30.0 }

3 passed, 1 failed
[exit 1]

$ omen test closing.rules --lateness 8
omen: error: --lateness 8: expected a duration, as in 5s or 1h30m
[exit 2]
