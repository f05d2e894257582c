#: A rule reads another: what is sent, what is counted, at every batch size. Events of one time come first.
$ printf '%s\n' 'rule pair { on one by b match x then y within 10s where x: any y: any emit n: x.n + y.n }' 'rule one { on s by a match x where x: n > 0 emit n: x.n, b: x.b once per 1s mode signal }' 'stream s { a, b : string  at : time event in seconds  n : int }' 'rule then_s { on pair by b, s by b match x next y within 9s where x: from pair y: from s emit n: y.n }' >chain.rules

$ printf '{"a":"%s","b":"%s","at":%d,"n":%d}\n' a1 b 0 1 a2 b 0 2 a1 b 0 4 a1 b 1 8 a3 c 1 16 a3 b 2 32 >s.ndjson

$ omen check chain.rules
3 rules, 1 stream: fine

$ omen replay chain.rules --in s=s.ndjson --out alerts
events      6  in T s, R a second
alerts      3
  pair      2
  then_s    1
suppressed  1
  one       1
signals     5
  one       5
malformed   0
late        0
null keys   0

$ sed 's/.*"rule":"\([^"]*\)".*"start"/\1 "start"/; s/,"suppressed".*//' alerts
pair "start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:00:00Z","emit":{"n":3},"matched":{"x":[{"stream":"one","id":"9a17e25c24137d075acc49fb4a4c2314"}],"y":[{"stream":"one","id":"f3110caf154945d5ff92da3996c536d8"}]}
then_s "start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:00:01Z","emit":{"n":8},"matched":{"x":[{"stream":"pair","id":"efde98db43a6bd21a96fd892e43440b9"}],"y":[{"stream":"s","partition":0,"offset":3}]}
pair "start":"1970-01-01T00:00:01Z","end":"1970-01-01T00:00:02Z","emit":{"n":40},"matched":{"x":[{"stream":"one","id":"9b6d29c780665bb9044d0e7de782c5a3"}],"y":[{"stream":"one","id":"dc4c77e2964590854fac75c77dd3b059"}]}

$ for n in 1 2 3 1024; do omen replay chain.rules --in s=s.ndjson --batch $n --quiet >alerts.$n; cmp alerts alerts.$n && echo the same; done
the same
the same
the same
the same

$ omen replay chain.rules --in s=s.ndjson --log-format=json --out /dev/null 2>&1 | sed 's/.*\("alerts":.*\),"malformed".*/\1/'
"alerts":3,"alerts_by_rule":{"pair":2,"one":5,"then_s":1},"suppressed":{"one":1},"signals":5,"fed_no_rule":0

#: A stream of a rule has no source.
$ omen replay chain.rules --in one=s.ndjson
omen: error: --in one=s.ndjson: one is a rule: its events are its alerts
[exit 2]

$ omen replay chain.rules
omen: error: stream s has no source, and rule one reads it: add --in s=FILE, or --in s=- for standard input
[exit 2]

#: What feeds what.
$ omen explain chain.rules | grep -A5 ^rule
rule pair
    waits for x then y within 10s
    on alerts of one, for each b
    the first way from each beginning is a match; the next begins behind its last event
    its alerts feed then_s

--
rule one
    waits for x
    on s, for each a
    the first way from each beginning is a match; the next begins behind its last event
    its alerts feed pair, and go nowhere else

--
rule then_s
    waits for x next y within 9s
    on alerts of pair, for each b; and s, for each b
    the first way from each beginning is a match; the next begins behind its last event

    conditions

#: A test gives events from outside, or alerts of a rule in place of its own.
$ printf '%s\n' 'import "chain.rules"' 'test "whole" for pair { s { a: "a", b: "b", at: 0s, n: 1 } s { a: "c", b: "b", at: 3s, n: 1 } expect at 3s { n: 2 } }' 'test "given" for pair { one { b: "b", at: 0s, n: 1 } s { a: "c", b: "b", at: 1s, n: 1 } one { b: "b", at: 3s, n: 1 } expect at 3s { n: 2 } }' 'test "signals" for one { s { a: "a", b: "b", at: 0s, n: 1 } expect at 0s { b: "b" } }' 'test "not so" for pair { s { a: "a", b: "b", at: 0s, n: 1 } s { a: "c", b: "b", at: 3s, n: 1 } expect at 3s { n: 3 } }' >tests.rules; omen test tests.rules
tests.rules:5: "not so" for pair failed
    at 0s    { a: "a", b: "b", n: 1 }
    at 3s    { a: "c", b: "b", n: 1 }
    wanted   at 3s { n: 3 }
    came     at 3s { key: "b", n: 2 }

3 passed, 1 failed
[exit 1]

#: What is wrong with a rule is not told of those that read it.
$ printf '%s\n' 'import "chain.rules"' 'rule broken { on s by a match x where x: any emit n: x.n, : }' 'rule reads { on broken by b match x where x: n > 1 }' >broken.rules; omen check broken.rules
broken.rules:2:59: error: expected a name and `:`, found `:`
    2 | rule broken { on s by a match x where x: any emit n: x.n, : }
      |                                                           ^
1 error
[exit 2]

#: `at` is when the alert was completed, which for `match longest` is later than its end. A whole event of a rule.
$ printf '%s\n' 'import "chain.rules"' 'rule run { on s by a match longest x 1 to 3 times within 5s where x: any emit n: count(x) }' 'rule told { on run by a match r where r: any emit told: r.at attach r }' 'test "longest" for run { s { a: "a", b: "b", at: 0s, n: 1 } s { a: "a", b: "b", at: 2s, n: 1 } wait 10s expect at 2s { n: 2 } }' 'test "told" for told { s { a: "a", b: "b", at: 0s, n: 1 } s { a: "a", b: "b", at: 2s, n: 1 } wait 10s expect at 5s { told: 5s } }' >longest.rules; omen test longest.rules
2 passed, 0 failed

$ omen replay longest.rules --in s=s.ndjson --drain --quiet | sed -n 's/.*"attached"/"attached"/p' | head -n 1
"attached":{"r":[{"a":"a1","at":"1970-01-01T00:00:01Z","n":3,"alert_id":"d22a5e73e2b414416f485b8c63565618"}]}}}

#: Every type goes through.
$ printf '%s\n' 'stream s { k : string  at : time event  t : time  b : bool  i : int  f : float  d : decimal(3)  p : ip  u : duration  l : list of ip }' 'rule r { on s by (b, p) match x where x: any emit k: x.k, t: x.t, i: x.i, f: x.f, d: x.d, u: x.u, l: x.l, nothing: if(x.i > 5, 1, null), all: collect(x.d) }' 'rule q { on r by (t, d, u) match x where x: any emit b: x.b, p: x.p, k: x.k, i: x.i, f: x.f, l: x.l, nothing: x.nothing, all: x.all }' >types.rules; printf '%s\n' '{"k":"one","at":1,"t":"2026-01-31T12:00:00.123456789Z","b":true,"i":-7,"f":0.5,"d":1.125,"p":"10.1.2.3","u":"1h","l":["::1",null]}' '{"k":"","at":2,"t":2,"b":false,"i":9,"f":null,"d":0,"p":"::2","u":0,"l":[]}' >types.ndjson; omen replay types.rules --in s=types.ndjson --quiet | sed -n 's/.*"rule":"q".*\("key".*\),"matched".*/\1/p'
"key":["2026-01-31T12:00:00.123456789Z",1.125,"1h"],"start":"1970-01-01T00:00:00.001Z","end":"1970-01-01T00:00:00.001Z","emit":{"b":true,"p":"10.1.2.3","k":"one","i":-7,"f":0.5,"l":["::1",null],"nothing":null,"all":[1.125]}
"key":["1970-01-01T00:00:00.002Z",0.000,"0s"],"start":"1970-01-01T00:00:00.002Z","end":"1970-01-01T00:00:00.002Z","emit":{"b":false,"p":"::2","k":"","i":9,"f":null,"l":[],"nothing":1,"all":[0.000]}
