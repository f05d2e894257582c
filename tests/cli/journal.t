#: A live run over two pipes: pauses, partitions that fall idle and come back late, time by the wall clock, an event of the future, SIGTERM.
$ cat >pairs.rules <<'.'
> stream beats { sensor : string   at : time event }
> rule pair   { on beats by sensor match a then b within 2s where a: any b: any emit gap: b.at - a.at }
> rule silent { on beats by sensor match beat then no beat for 1s where beat: any emit last: beat.at }
> .
> now=$(date +%s); beat() { awk -v now=$now -v from=$1 -v n=$2 -v seed=$3 -f live.awk; }
> mkfifo a.ndjson b.ndjson; exec 3<>a.ndjson; exec 4<>b.ndjson; : >alerts
> omen run pairs.rules --in beats=a.ndjson --in beats=b.ndjson --lateness 500ms --idle-after 200ms --journal journal --out alerts --late late --dead-letter dead --quiet & pid=$!
> for i in 0 1 2 3 4 5 6; do beat $((60 - 4 * i)) 40 $i | tee -a rec-a.ndjson >&3; sleep 0.1; done; ./await 'grep -q idle.beats.1 journal'
> beat 58 20 9 | tee -a rec-b.ndjson >&4; ./await 'grep -q ^late.beats.1 journal'; ./await 'grep -q ^time journal'
> echo '{"sensor":"s1","at":"2250-01-01T00:00:00Z"}' | tee -a rec-b.ndjson >&4; ./await 'grep -q ^future journal'
> date +'{"sensor":"s2","at":%s999}' | tee -a rec-a.ndjson >&3; ./await 'test $(grep -c ^time journal) -gt 1'
> kill -TERM $pid; wait $pid; echo "exit $?"; cut -d' ' -f1 journal | sort -u; tail -n 3 journal; test $(wc -l <alerts) -gt 5 && wc -l <dead
exit 0
end
future
idle
late
omen
partition
stopped
time
end beats 0 281
end beats 1 20
stopped
1

#: A replay of what came, with the journal: the same bytes at any batch size. Events that came after the end are not read.
$ beat() { awk -v now=$(date +%s) -v from=$1 -v n=$2 -v seed=$3 -f live.awk; }; beat 30 10 5 >>rec-a.ndjson
> for n in 1 7 1024 4096; do
>     omen replay pairs.rules --in beats=rec-a.ndjson --in beats=rec-b.ndjson --journal journal --batch $n --out again.$n --late late.$n --dead-letter dead.$n --quiet; echo "exit $?"
>     cmp alerts again.$n && echo "$n: the same"; test $(wc -l <late) -eq $(wc -l <late.$n) && test $(wc -l <dead.$n) -eq 1 || echo "$n: late or dead"
> done
exit 0
1: the same
exit 0
7: the same
exit 0
1024: the same
exit 0
4096: the same

#: Without it they are others.
$ omen replay pairs.rules --in beats=rec-a.ndjson --in beats=rec-b.ndjson --quiet | cmp -s - alerts || echo others
others

#: A torn last line is left out. What does not fit the input is an error.
$ head -c -3 journal >torn; omen replay pairs.rules --in beats=rec-a.ndjson --in beats=rec-b.ndjson --journal torn --quiet 2>&1 >/dev/null
omen: warning: torn: the last line has no end: a crash tore it, and it is left out
omen: warning: torn: does not say how the run ended: what was decided later is not known

$ omen replay pairs.rules --in beats=rec-a.ndjson --journal journal --quiet
omen: error: journal: the journal is of 2 partitions, and --in gives 1
[exit 2]

$ omen replay pairs.rules --in beats=rec-a.ndjson --in beats=rec-b.ndjson --journal journal --lateness 1s --quiet
omen: error: journal: the journal was written with another lateness: leave --lateness out
[exit 2]

$ head -n 5 rec-b.ndjson >short.ndjson; omen replay pairs.rules --in beats=rec-a.ndjson --in beats=short.ndjson --journal journal --quiet 2>&1 >/dev/null | sed 's/partition ., offset [0-9]*/P/'
omen: error: journal: the journal does not fit the input: an event that was late is not there (stream beats, P)

$ printf 'omen journal 1\npartition beats 0 0s\nlate beats 0 five\n' >wrong; omen replay pairs.rules --in beats=rec-a.ndjson --journal wrong --quiet
omen: error: wrong:3: expected an offset, a number, found `late beats 0 five`
[exit 2]

$ printf 'omen journal 1\npartition beats 0 0s\nlate beats 1 5\n' >wrong; omen replay pairs.rules --in beats=rec-a.ndjson --journal wrong --quiet
omen: error: wrong:3: expected a partition that a line `partition` before it names, found `late beats 1 5`
[exit 2]

$ omen replay pairs.rules --in beats=rec-a.ndjson --journal rec-a.ndjson --quiet 2>&1 | sed 's/found .*/found .../'
omen: error: rec-a.ndjson:1: expected omen journal 1, the first line of a journal that this version reads, found ...

$ omen run pairs.rules --in beats=/dev/null --journal journal --quiet
omen: error: --journal journal: there is something in it already: a journal is of one run
[exit 2]

$ omen run pairs.rules --in beats=/dev/null --journal empty --quiet; cat empty
omen journal 1
partition beats 0 0s
end beats 0 0
ended

$ omen replay pairs.rules --in beats=/dev/null --journal empty --quiet

#: Rules that took over in the run: the journal says behind how many events, and of which texts.
$ cat >v1.rules <<'.'
> stream beats { sensor : string   at : time event   n : int }
> rule pair { on beats by sensor match a then b within 2s where a: any b: any emit gap: b.at - a.at }
> rule next { on pair by sensor match p 2 times within 5s where p: any emit n: count(p) }
> .
> sed 's/within 2s/within 3s/; s/^rule next/rule other { on beats when count() over 5s > 3 emit n: count() over 5s }\n&/' v1.rules >v2.rules
> sed 's/where a: any/where a: sensor != "s1"/; s/2 times/3 times/' v2.rules >v3.rules
> now=$(date +%s); beat() { awk -v now=$now -v from=$1 -v n=$2 -v seed=$3 -f live.awk; }; cp v1.rules now.rules
> mkfifo c.ndjson; exec 3<>c.ndjson; : >alerts
> omen run now.rules --in beats=c.ndjson --lateness 500ms --idle-after 200ms --journal reloads --out alerts --quiet 2>messages & pid=$!
> reload() { cp $1 now.rules; kill -HUP $pid; ./await "test \$(grep -c ^reload reloads) -ge $2"; }
> for i in 0 1 2 3 4 5; do beat $((60 - 4 * i)) 40 $i | tee -a rec-c.ndjson >&3; sleep 0.05
>     case $i in 1) ./await 'test -s alerts'; reload v2.rules 1 ;; 3) ./await 'grep -q ^time reloads'; reload v3.rules 2 ;; esac
> done; ./await 'grep -q idle reloads'; kill -TERM $pid; wait $pid; echo "exit $?"; grep -c ^reload reloads; grep ^reload reloads | cut -d' ' -f3
exit 0
2
8e53dadc7e420605426150e721c9dfb7
e131f761756d1baf0dbd2a3d3b05fb93

#: A replay repeats them where they were, at any batch size.
$ for n in 1 7 1024 4096; do
>     omen replay v1.rules --reload v2.rules --reload v3.rules --in beats=rec-c.ndjson --journal reloads --batch $n --out reloaded.$n --quiet; echo "exit $?"
>     cmp alerts reloaded.$n && echo "$n: the same"
> done
exit 0
1: the same
exit 0
7: the same
exit 0
1024: the same
exit 0
4096: the same

#: Without those rules it says so; they have to be those.
$ omen replay v1.rules --in beats=rec-c.ndjson --journal reloads --out first --quiet 2>&1 | sed 's/after [0-9]*/after N/'; cmp -s alerts first || echo others
omen: warning: reloads: other rules took over after N events: without --reload the first go on, and alerts may be others
others

$ omen replay v1.rules --reload v2.rules --in beats=rec-c.ndjson --journal reloads --quiet
omen: error: reloads: the journal tells of 2 reloads, and --reload of 1
[exit 2]

$ omen replay v1.rules --reload v3.rules --reload v2.rules --in beats=rec-c.ndjson --journal reloads --quiet 2>&1 | sed 's/after [0-9]*/after N/'
omen: error: --reload v3.rules: is not what took over after N events: the journal says 8e53dadc7e420605426150e721c9dfb7, and this is e131f761756d1baf0dbd2a3d3b05fb93
omen: error: --reload v2.rules: is not what took over after N events: the journal says e131f761756d1baf0dbd2a3d3b05fb93, and this is 8e53dadc7e420605426150e721c9dfb7

$ omen replay v1.rules --reload v2.rules --in beats=rec-c.ndjson --quiet
omen: error: replay: --reload is for omen replay with a --journal, which says where
[exit 2]

$ sed 's/^reload [0-9]*/reload 9999/' reloads >far; omen replay v1.rules --reload v2.rules --reload v3.rules --in beats=rec-c.ndjson --journal far --quiet >/dev/null
omen: error: far: the journal does not fit the input: other rules took over after 9999 events, and there are less
[exit 2]

#: Where a reload read more than before, it cannot be told from where on: the replay does not begin.
$ sed 's/when count() over 5s > 3/when n > 0/' v2.rules >more.rules; mkfifo d.ndjson; exec 4<>d.ndjson; : >alerts; cp v1.rules now.rules
> beat() { awk -v now=$(date +%s) -v from=$1 -v n=$2 -v seed=$3 -f live.awk; }
> omen run now.rules --in beats=d.ndjson --journal more --out alerts --quiet 2>messages & pid=$!
> beat 60 40 1 >&4; ./await 'test -s alerts'; cp more.rules now.rules; kill -HUP $pid; ./await 'grep -q ^reload more'; kill -TERM $pid; wait $pid; echo "exit $?"
exit 0

$ omen replay v1.rules --reload more.rules --in beats=rec-c.ndjson --journal more --quiet
omen: error: --reload more.rules: reads what was not read before (beats.n): a replay cannot repeat from where on
[exit 2]
