#: A key that was silent for more than D begins anew: partial matches, previous values, what the clock would complete.
$ printf '%s\n' 'stream s { k : string  at : time event in seconds  n : int }' 'rule change { on s by k match a where a: n != prev(n) forget after 10s emit n: a.n }' 'rule pair { on s by k match a then b where a: n = 1 b: n = 2 forget after 10s }' 'rule silent { on s by k match a then no b for 11s where a: n = 1 b: n > 0 forget after 10s }' >forget.rules; printf '{"k":"a","at":%d,"n":%d}\n' 0 1 10 2 20 1 31 2 60 3 >s.ndjson

$ for n in 1 1024; do omen replay forget.rules --in s=s.ndjson --quiet --batch $n | sed 's/.*"time":"\([^"]*\)".*"rule":"\([a-z]*\)".*"offset":\([0-9]*\).*/\1 \2 \3/'; done
1970-01-01T00:00:10Z change 1
1970-01-01T00:00:10Z pair 1
1970-01-01T00:00:20Z change 2
1970-01-01T00:00:10Z change 1
1970-01-01T00:00:10Z pair 1
1970-01-01T00:00:20Z change 2
