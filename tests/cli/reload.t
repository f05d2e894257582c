#: SIGHUP compiles the same files again. What a run has taken stays taken, new events meet the new condition. On any
#: error nothing changes. A rule that goes takes its runs with it. Alerts stand on the left.
$ mkfifo pipe

$ cat >r.rules <<'END'
> stream s { k : string at : time event n : int }
> rule pair { on s by k match a then b within 1h where a: n = 1 b: n = 2 emit n: b.n }
> rule each { on s by k when n > 0 emit n: n }
> END

$ exec 3<>pipe; : >alerts >messages; omen run r.rules --in s=- <pipe >alerts 2>>messages & pid=$!
> event() { printf '{"k":"x","at":"2026-01-01T00:00:0%sZ","n":%s}\n' $1 $2 >&3; }
> reload() { kill -HUP $pid; ./await 'grep -q "reload: done\|reload: refused" messages'; grep -v '^ *$' messages; : >messages; }
> tell() { ./await "[ \"\$(wc -l <alerts)\" -eq $1 ]"; sed 's/.*"rule":"\([a-z]*\)".*"n":\([0-9]\).*/- \1 \2/' alerts | tail -n $2; }
> exec 3<>pipe; event 0 1; tell 1 1
> cp r.rules was.rules; sed -i 's/b: n = 2/b: n = 7/; s/n > 0/n > 0 severity low/' r.rules; reload
> event 1 2; event 2 7; tell 4 3
> echo "--- a mistake"; cp r.rules good.rules; sed -i 's/n > 0/m > 0/' r.rules; reload
> echo "--- a field more"; sed 's/n : int/n : int m : int/' good.rules >r.rules; reload
> echo "--- another rule"; event 3 1; tell 5 1; sed 's/rule pair/rule other/' good.rules >r.rules; reload
> event 4 7; tell 6 1; kill -TERM $pid; wait $pid; echo "exit $?"; grep -v "^ *$" messages | tail -n 9
- each 1
omen: info: reload: rule pair: runs kept: conditions changed; runs: 1 kept, 0 dropped
omen: info: reload: done, rules: 2
- each 2
- pair 7
- each 7
--- a mistake
r.rules:3:28: error: there is no field `m` in stream s
    3 | rule each { on s by k when m > 0 severity low emit n: n }
      |                            ^
      = did you mean `k`?
1 error
omen: error: reload: refused: the rules before go on
--- a field more
omen: info: reload: done, rules: 2
--- another rule
- each 1
omen: info: reload: rule other: new
omen: info: reload: rule pair: gone; runs: 0 kept, 1 dropped
omen: info: reload: done, rules: 2
- each 7
exit 0
events           5  in T s, R a second
alerts           6
  other          0
  each           5
malformed        0
late             0
null keys        0
reloads          3
reloads refused  1
