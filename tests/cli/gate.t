#: What is not sent is counted: by once per, by exceptions (also of another file), in mode shadow.
$ printf '%s\n' 'stream s { k : string  at : time event in seconds  n : int }' 'rule all { on s by k match a where a: any once per 10s }' 'rule new { on s by k match a where a: n > 1 mode shadow }' >gate.rules; printf '%s\n' 'import "gate.rules"' 'except for all own: k = "x"' 'except for new small: a.n < 3 until @1970-01-02 "for now"' >more.rules; printf '{"k":"%s","at":%d,"n":%d}\n' a 0 1 a 9 2 x 9 3 a 10 4 a 19 5 >s.ndjson

$ omen replay more.rules --in s=s.ndjson --out alerts.ndjson
events        5  in T s, R a second
alerts        2
  all         2
suppressed    2
  all         2
excepted      2
  all: own    1
  new: small  1
shadow        3  not kept; --shadow SINK keeps them
  new         3
malformed     0
late          0
null keys     0

$ sed 's/.*"end":"\([^"]*\)".*"suppressed"/\1 "suppressed"/' alerts.ndjson
1970-01-01T00:00:00Z "suppressed":0}}
1970-01-01T00:00:10Z "suppressed":1}}

$ omen replay more.rules --in s=s.ndjson --shadow shadow.ndjson --log-format=json --out /dev/null 2>&1 | sed 's/.*\("alerts":.*\),"malformed".*/\1/'; sed 's/.*"suppressed"/"suppressed"/' shadow.ndjson
"alerts":2,"alerts_by_rule":{"all":2,"new":3},"suppressed":{"all":2},"excepted":{"all":{"own":1},"new":{"small":1}},"shadow":3,"shadow_sink":"shadow.ndjson"
"suppressed":0,"shadow":true}}
"suppressed":0,"shadow":true}}
"suppressed":0,"shadow":true}}

$ for n in 1 2 3 1024; do omen replay more.rules --in s=s.ndjson --batch $n --quiet --shadow shadow.$n >alerts.$n; done; cmp alerts.1 alerts.2 && cmp alerts.1 alerts.3 && cmp alerts.1 alerts.1024 && cmp shadow.1 shadow.1024 && echo the same
the same

$ omen replay more.rules --in s=s.ndjson --out a.ndjson --shadow a.ndjson
omen: error: --shadow a.ndjson: alerts go there already: give each a place of its own
[exit 2]

$ omen replay more.rules --in s=s.ndjson --shadow /dev/full --quiet --out /dev/null
omen: error: /dev/full: No space left on device
[exit 3]
