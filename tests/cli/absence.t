#: Time that is moved by an event without a key alone: what is due is found before what has expired is let go.
$ printf '%s\n' 'stream s { k : string  at : time event in seconds  n : int }' 'rule silent { on s by k match a then no b within 10s where a: n = 1 b: n = 2 }' >silent.rules; printf '{"k":%s,"at":%d,"n":%d}\n' '"x"' 0 1 null 100 0 null 200 0 >s.ndjson

$ for n in 1 2 1024; do omen replay silent.rules --in s=s.ndjson --quiet --batch $n | sed 's/.*"time":"\([^"]*\)".*"matched"/\1/; s/,"suppressed.*//'; done
1970-01-01T00:00:10Z:{"a":[{"stream":"s","partition":0,"offset":0}]}
1970-01-01T00:00:10Z:{"a":[{"stream":"s","partition":0,"offset":0}]}
1970-01-01T00:00:10Z:{"a":[{"stream":"s","partition":0,"offset":0}]}
