#: Past `limit` the oldest starts are given up as a whole; of a start that is alone its least preferred ways.
$ printf '%s\n' 'stream s { k : string  at : time event in seconds  n : int }' 'rule few { on s by k match a then b where a: n < 10 b: n = 10 * a.n limit 2 runs emit a: a.n after match no skip }' 'rule ways { on s by k match all ways a+ then b where a: n < 10 b: n >= 10 limit 3 runs emit a: collect(a.n) }' >limit.rules; printf '{"k":"a","at":%d,"n":%d}\n' 0 1 1 2 2 3 3 10 4 20 5 30 >s.ndjson

$ omen replay limit.rules --in s=s.ndjson --out alerts.ndjson
events        6  in T s, R a second
alerts        5
  few         2
  ways        3
malformed     0
late          0
null keys     0
runs dropped  4  at the limit of runs for a key

$ sed 's/.*"rule":"\([a-z]*\)".*"emit"/\1/; s/,"matched.*//' alerts.ndjson
ways:{"a":[2,3]}
ways:{"a":[2]}
ways:{"a":[3]}
few:{"a":2}
few:{"a":3}

$ printf '%s\n' 'stream s { k : string  at : time event in seconds  n : int }' 'rule ways { on s by k match all ways a+ then b where a: n < 10 and (count(a) > 0 or n = 1) b: n >= 10 limit 2 runs emit a: collect(a.n) }' >limit.rules; omen replay limit.rules --in s=s.ndjson --quiet | sed 's/.*"emit"://; s/,"matched.*//'
{"a":[1,2,3]}
{"a":[1,2]}
