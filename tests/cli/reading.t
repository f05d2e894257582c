#: Rules that read more than was read before take over where the events that were read without it end. Alerts stand on
#: the left. Here, a field that rules did not look at: the run goes on, and no event is judged without it.
$ mkfifo pipe

$ cat >r.rules <<'END'
> stream s { k : string at : time event n : int m : int }
> stream t { k : string at : time event n : int }
> rule pair { on s by k match a then b within 1h where a: n = 1 b: n = 2 emit n: b.n }
> rule each { on s by k when n > 0 emit n: n }
> END

$ cat >tools.sh <<'END'
> run() { : >alerts; : >messages; omen run r.rules "$@" <pipe >alerts 2>>messages & pid=$!; exec 3<>pipe; }
> event() { printf '{"k":"x","at":"2026-01-01T00:00:%02dZ","n":%s,"m":%s}\n' $1 $2 $3 >&3; }
> ask() { kill -HUP $pid; ./await "grep -q '$1' messages"; }
> said() { grep -v '^ *$' messages; : >messages; }
> reload() { ask "reload: done\|reload: refused"; said; }
> tell() { ./await "[ \"\$(wc -l <alerts)\" -eq $1 ]"; sed 's/.*"rule":"\([a-z]*\)".*"n":\([0-9]*\).*/- \1 \2/' alerts | tail -n $2; }
> stop() { kill -TERM $pid; wait $pid; echo "exit $?"; }
> END

$ . ./tools.sh; cp r.rules was.rules; exec 3<>pipe; run --in s=-; event 0 1 7; tell 1 1
> sed -i 's/b: n = 2/b: n = 2 and m = 8/; s/emit n: n/emit n: n * 10 + m/' r.rules; reload
> event 1 2 7; event 2 2 8; tell 4 3; stop
- each 1
omen: info: reload: read from now on: s.m
omen: info: reload: rule pair: runs kept: conditions changed; runs: 1 kept, 0 dropped
omen: info: reload: done, rules: 2
- each 27
- pair 2
- each 28
exit 0

#: Declared anew, in front of others; and a key that is computed.
$ . ./tools.sh; cp was.rules r.rules; exec 3<>pipe; run --in s=-; event 0 1 7; tell 1 1
> sed -i 's/n : int m : int/m : int n : int q : int from "m"/; s/rule each { on s by k/rule each { on s by m % 2/; s/emit n: n/emit n: n * 10 + q/' r.rules; sed -n 1p r.rules; reload
> event 1 2 8; event 2 2 9; tell 4 3; stop
- each 1
stream s { k : string at : time event m : int n : int q : int from "m" }
omen: info: reload: read from now on: s.m, s.q
omen: info: reload: rule each: restarted: its streams, its key or forget changed; runs: 0 kept, 0 dropped
omen: info: reload: done, rules: 2
- pair 2
- each 28
- each 29
exit 0

#: With lateness an event that was read before waits for those behind it: the rules that read it match it.
$ . ./tools.sh; cp was.rules r.rules; exec 3<>pipe; run --in s=- --lateness 5s; event 1 1 7; event 9 2 8
> tell 1 1; sed -i 's/emit n: n/emit n: n * 10 + m/' r.rules; ask "from now on"; event 12 3 8; event 11 4 8
> grep -c "reload: done" messages; event 20 5 8; tell 5 4; ./await 'grep -q "reload: done" messages'; event 30 6 8
> tell 6 1; stop
- each 1
0
- pair 2
- each 2
- each 4
- each 3
- each 58
exit 0

#: A stream that no rule read, whose source is there; what came too soon feeds nothing. One whose source is not.
$ . ./tools.sh; cp was.rules r.rules; exec 3<>pipe; mkfifo t.ndjson; exec 4<>t.ndjson
> other() { printf '{"k":"x","at":"2026-01-01T00:00:%02dZ","n":%s}\n' $1 $2 >&4; }
> other 0 1; run --in s=- --in t=t.ndjson; event 0 1 7; tell 1 1
> ./await "kill -USR1 $pid; sleep 0.1; grep -q '^events  *2 ' messages"; : >messages; echo 'rule other { on t by k when n > 0 emit n: n }' >>r.rules; reload
> other 1 2; event 2 3 8; other 3 4; tell 3 2; stop; said | grep events
- each 1
omen: info: reload: read from now on: stream t, t.k, t.n
omen: info: reload: rule other: new
omen: info: reload: done, rules: 3
- other 2
- each 3
exit 0
events     5  in T s, R a second

$ . ./tools.sh; cp was.rules r.rules; exec 3<>pipe; run --in s=-; event 0 1 7; tell 1 1
> echo 'rule other { on t by k when n > 0 emit n: n }' >>r.rules; reload; stop
- each 1
omen: error: reload: omen has to be started again for this: stream t has no source
omen: error: reload: refused: the rules before go on
exit 0

#: Another type of what is read.
$ . ./tools.sh; cp was.rules r.rules; exec 3<>pipe; run --in s=-; event 0 1 7; tell 1 1; sed -i 's/n : int m/n : float m/' r.rules; reload; stop
- each 1
omen: error: reload: omen has to be started again for this: field s.n is declared otherwise
omen: error: reload: refused: the rules before go on
exit 0

#: Events that end before they have been matched.
$ . ./tools.sh; cp was.rules r.rules; exec 3<>pipe; run --in s=- --lateness 5s; event 1 1 7; event 9 2 8; tell 1 1
> sed -i 's/emit n: n/emit n: n * 10 + m/' r.rules; ask "from now on"; stop; tell 3 2; said | grep reload
- each 1
exit 0
- pair 2
- each 2
omen: info: reload: read from now on: s.m
omen: info: reload: done, rules: 2
reloads    1

#: A column that is not in the file.
$ . ./tools.sh; cp was.rules r.rules; mkfifo s.csv; omen run r.rules --in s=s.csv >alerts 2>messages & pid=$!; exec 3>s.csv; : >messages
> printf 'k,at,n\nx,2026-01-01T00:00:00Z,1\n' >&3; tell 1 1; sed -i 's/emit n: n/emit n: n * 10 + m/' r.rules; reload; stop
- each 1
omen: error: reload: omen has to be started again for this: s.csv: has no column `m`; did you mean `k`?
omen: error: reload: refused: the rules before go on
exit 0
