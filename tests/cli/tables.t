#: Tables: bound by --table, read before the first event, read again when their files change.
$ cat >shop.rules <<'END'
> stream payments { card : string  at : time event  merchant : string  amount : float }
> table merchants { merchant : string  risk : float  country : string } key merchant
> table stolen { card : string } key card
> rule risky {
>     on    payments by card
>     match a
>     where a: merchants[merchant].risk > 0.5 or card in stolen
>     emit  risk: merchants[a.merchant].risk, country: merchants[a.merchant].country
> }
> END
> printf 'merchant,risk,country,note\nm1,0.7,FR,x\nm2,0.1,DE,y\nm3,,IT,z\n' >merchants.csv
> printf '{"card":"c9"}\n' >stolen.ndjson
> printf 'card,at,merchant,amount\nc1,1,m1,10\nc1,2,m2,20\nc9,3,m3,30\nc9,4,m4,40\n,5,m1,50\n' >shop.csv
> omen check shop.rules
1 rule, 1 stream: fine

$ omen replay shop.rules --in payments=shop.csv --table merchants=merchants.csv --table stolen=stolen.ndjson | sed 's/.*"emit":\({[^}]*}\).*/\1/'
events           5  in T s, R a second
alerts           3
  risky          3
malformed        0
late             0
null keys        1
table merchants  3  rows
table stolen     1  row
{"risk":0.7,"country":"FR"}
{"risk":null,"country":"IT"}
{"risk":null,"country":null}

$ gzip -c merchants.csv >merchants.csv.gz; omen replay shop.rules --in payments=shop.csv --table merchants=merchants.csv.gz --table stolen=stolen.ndjson --out /dev/null --log-format=json 2>&1 | sed 's/.*\("tables"\)/\1/; s/"bytes":[0-9]*/"bytes":B/g'
"tables":{"merchants":{"rows":3,"bytes":B,"read_again":0,"not_taken":0},"stolen":{"rows":1,"bytes":B,"read_again":0,"not_taken":0}},"bytes_read":77}

#: What is missing or wrong.
$ omen replay shop.rules --in payments=shop.csv
omen: error: table merchants has no file, and shop.rules:7:14 looks into it: add --table merchants=FILE
omen: error: table stolen has no file, and shop.rules:7:48 looks into it: add --table stolen=FILE
[exit 2]

$ omen replay shop.rules --table merchants=merchants.csv
omen: error: stream payments has no source, and rule risky reads it: add --in payments=FILE, or --in payments=- for standard input
omen: error: table stolen has no file, and shop.rules:7:48 looks into it: add --table stolen=FILE
[exit 2]

$ omen replay shop.rules --in payments=shop.csv --table merchant=merchants.csv --table stolen
omen: error: --table merchant=merchants.csv: there is no table merchant; did you mean merchants?
omen: error: --table stolen: expected NAME=FILE, as in --table merchants=merchants.csv
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --table merchants=merchants.csv
omen: error: --table merchants=merchants.csv: there is no table merchants; the rules declare no table
[exit 2]

$ omen replay shop.rules --in payments=shop.csv --table merchants=merchants.csv --table merchants=merchants.csv --table stolen=-
omen: error: --table merchants=merchants.csv: table merchants is bound already, to merchants.csv
omen: error: --table stolen: a table is read from a file, not from standard input
[exit 2]

$ omen replay shop.rules --in payments=shop.csv --table merchants=shop.csv --table stolen=nowhere.csv
omen: error: --table merchants: shop.csv: has no column `risk`
omen: error: --table stolen: nowhere.csv: No such file or directory
[exit 2]

$ printf 'merchant,risk,country\nm1,high,FR\nm2,0.1,DE\nm2,0.2,DE\n,1,DE\n' >bad.csv
> omen replay shop.rules --in payments=shop.csv --table merchants=bad.csv --table stolen=stolen.ndjson
omen: error: --table merchants: bad.csv line 2: expected a number for `risk`, found high; 2 more rows are wrong
[exit 2]

$ awk 'BEGIN { print "merchant,risk,country"; for (i = 0; i < 9000; i++) print i ",1," rand() }' | gzip | head -c 20000 >cut.csv.gz
> omen replay shop.rules --in payments=shop.csv --table merchants=cut.csv.gz --table stolen=stolen.ndjson 2>&1 | sed 's/line [0-9]*/line N/'; omen replay shop.rules --in payments=shop.csv --table merchants=cut.csv.gz --table stolen=stolen.ndjson --quiet 2>/dev/null; echo "exit $?"
omen: error: --table merchants: cut.csv.gz: the gzip data end too early: truncated, in line N
exit 3

#: A table that no rule looks into needs no file.
$ printf 'table unused { x : int } key x\n' >unused.rules; omen replay shop.rules unused.rules --in payments=shop.csv --table merchants=merchants.csv --table stolen=stolen.ndjson --quiet | wc -l
3

#: While it runs: a file that is replaced, written over, broken, gone, and there again. It is looked at once a second.
$ cat >pay <<'END'
> #!/bin/sh
> # One payment at m1.
> printf '{"card":"%s","at":%d,"merchant":"m1","amount":1}\n' "$1" "$2"
> END
> chmod +x pay; mkfifo tills; cp merchants.csv live.csv; : >risky; : >said; exec 3<>tills
> omen run shop.rules --in payments=- --table merchants=live.csv --table stolen=stolen.ndjson --out risky <tills 2>said & pid=$!
> ./pay c1 1 >&3; ./await '[ "$(wc -l <risky)" -eq 1 ]'
> printf 'merchant,risk,country\nm1,0.9,ES\n' >new.csv; mv new.csv live.csv; sleep 1.1; ./pay c1 2 >&3; ./await '[ "$(wc -l <risky)" -eq 2 ]'
> printf 'merchant,risk,country\nm1,much,ES\n' >live.csv; sleep 1.1; ./pay c1 3 >&3; ./await '[ "$(wc -l <risky)" -eq 3 ]'
> rm live.csv; sleep 1.1; ./pay c1 4 >&3; ./await '[ "$(wc -l <risky)" -eq 4 ]'
> printf 'merchant,risk,country\nm1,0.8,PT\n' >live.csv; sleep 1.1; ./pay c1 5 >&3; ./await '[ "$(wc -l <risky)" -eq 5 ]'
> kill -TERM $pid; wait $pid; echo "exit $?"; sed 's/.*"emit":\({[^}]*}\).*/\1/' risky; cat said
exit 0
{"risk":0.7,"country":"FR"}
{"risk":0.9,"country":"ES"}
{"risk":0.9,"country":"ES"}
{"risk":0.9,"country":"ES"}
{"risk":0.8,"country":"PT"}
omen: info: table merchants: live.csv has changed and was read again, rows: 1
omen: error: --table merchants: live.csv line 2: expected a number for `risk`, found much; the table stays as it was
omen: error: --table merchants: live.csv: No such file or directory; the table stays as it was
omen: info: table merchants: live.csv has changed and was read again, rows: 1
events           5  in T s, R a second
alerts           5
  risky          5
malformed        0
late             0
null keys        0
table merchants  1  row; read again 2 times; not taken 2 times
table stolen     1  row

#: omen replay reads a table once.
$ cp merchants.csv live.csv; : >risky; exec 3<>tills
> omen replay shop.rules --in payments=- --table merchants=live.csv --table stolen=stolen.ndjson --out risky --quiet <tills & pid=$!
> ./pay c1 1 >&3; ./await '[ "$(wc -l <risky)" -eq 1 ]'
> printf 'merchant,risk,country\nm1,0.9,ES\n' >live.csv; sleep 1.1; ./pay c1 2 >&3; ./await '[ "$(wc -l <risky)" -eq 2 ]'
> kill -TERM $pid; wait $pid; echo "exit $?"; sed 's/.*"emit":\({[^}]*}\).*/\1/' risky
exit 0
{"risk":0.7,"country":"FR"}
{"risk":0.7,"country":"FR"}

#: A table that changes while a batch of another stream is half done: what is left of it is looked up anew.
$ cat >two.rules <<'END'
> stream pings { at : time event  host : string }
> rule ping { on pings by host match p where p: any }
> rule known { on pings by host match p where p: host in merchants }
> END
> printf 'card,at,merchant,amount\nc1,1,m1,1\nc2,1,m2,1\nc1,10,m1,1\nc2,10,m2,1\nc1,30,m1,1\nc2,30,m2,1\n' >shop.csv
> cat >ping <<'END'
> #!/bin/sh
> # One ping, seen when its alert is there. Payments up to its time come before it.
> printf '{"at":%d,"host":"h"}\n' "$1"
> END
> chmod +x ping; cp merchants.csv live.csv; : >seen; exec 3<>tills
> omen run shop.rules two.rules --in payments=shop.csv --in pings=- --table merchants=live.csv --table stolen=stolen.ndjson --out seen --quiet <tills & pid=$!
> ./ping 2 >&3; ./await 'grep -q 00.002Z seen'
> printf 'merchant,risk,country\nm1,0.1,FR\nm2,0.9,DE\nh,,\n' >new.csv; mv new.csv live.csv; sleep 1.1
> ./ping 20 >&3; ./await 'grep -q 00.020Z seen'; ./ping 40 >&3; ./await 'grep -q 00.040Z seen'
> kill -TERM $pid; wait $pid; echo "exit $?"; sed 's/.*"subject":"\([^"]*\)","time":"1970-01-01T00:00:\([^"]*\)Z","data":{"rule":"\([a-z]*\)".*/\2 \3 \1/' seen
exit 0
00.001 risky c1
00.002 ping h
00.010 risky c1
00.020 ping h
00.020 known h
00.030 risky c2
00.040 ping h
00.040 known h
