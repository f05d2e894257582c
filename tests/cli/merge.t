#: Two streams, merged by event time: of equal times the stream declared first goes first.
$ omen replay fleet.rules --in telemetry=telemetry.ndjson --in payments=payments.csv --quiet | sed 's/.*"time":"\([^"]*\)".*"rule":"\([^"]*\)".*/\1 \2/'
2026-01-31T12:00:05Z large
2026-01-31T12:00:20Z large
2026-01-31T12:00:20Z sustained_speeding
2026-01-31T12:00:31Z unsignalled_lane_changes

#: Alerts are byte for byte the same at every batch size, with late, malformed and simultaneous events in both streams.
$ awk -f events.awk -v kind=telemetry >tel.ndjson; awk -f events.awk -v kind=payments >pay.ndjson; wc -l tel.ndjson pay.ndjson
  5000 tel.ndjson
  5000 pay.ndjson
 10000 total

$ for n in 1 7 1024 4096; do omen replay fleet.rules --in telemetry=tel.ndjson --in payments=pay.ndjson --batch $n --out alerts.$n --late late.$n --dead-letter dead.$n 2>summary.$n; done; sed -E 's/in [0-9.]+ s.*//' summary.1
events                      9,814  
alerts                      1,195
  large                       459
  sustained_speeding          240
  unsignalled_lane_changes    496
malformed                     186  in dead.1
  the first: pay.ndjson line 116: expected a string for `card`, found a number
late                          176  in late.1
null keys                       0

$ for n in 7 1024 4096; do
>     cmp alerts.1 alerts.$n && cmp late.1 late.$n && echo "$n: alerts and late events the same"
>     sort dead.1 >a; sort dead.$n | cmp - a && echo "$n: dead letters the same, in the order read"
>     sed '1d; s/dead.1/dead/; s/late.1/late/' summary.1 >a; sed "1d; s/dead.$n/dead/; s/late.$n/late/" summary.$n | cmp - a && echo "$n: summary the same"
> done
7: alerts and late events the same
7: dead letters the same, in the order read
7: summary the same
1024: alerts and late events the same
1024: dead letters the same, in the order read
1024: summary the same
4096: alerts and late events the same
4096: dead letters the same, in the order read
4096: summary the same

$ omen replay fleet.rules --in payments=pay.ndjson --in telemetry=- --quiet <tel.ndjson | cmp - alerts.1

#: A rule's alerts do not depend on what else is read.
$ omen replay speeding.rules --in telemetry=tel.ndjson --quiet >alone; grep -v '"rule":"large"' alerts.1 | cmp - alone

#: Windows of the other stream, keys that are computed: the same at every batch size.
$ for n in 1 7 1024 4096; do omen replay joined.rules --in telemetry=tel.ndjson --in payments=pay.ndjson --batch $n --out joined.$n --lateness 2s 2>summary.$n; cmp joined.1 joined.$n; done; sed -E 's/in [0-9.]+ s.*//' summary.1
events                      9,814  
alerts                      1,407
  fast_and_large               74
  busy                          4
  slow_then_paid              129
  large                       462
  sustained_speeding          241
  unsignalled_lane_changes    497
suppressed                      5
  busy                          5
malformed                     186  not kept; --dead-letter SINK keeps them
  the first: pay.ndjson line 116: expected a string for `card`, found a number
late                           88  not kept; --late SINK keeps them
null keys                       0

$ omen explain joined.rules --rule fast_and_large | grep -E ' on |tests|windows over|previous'
    tests every event of payments
    on telemetry, for each substr(vehicle, 2); and payments, for each substr(card, 2)
        previous values: 72 bytes, 3 values, shared by 3 rules
        windows over telemetry: 248 bytes, 3 windows, shared by 3 rules; 40 bytes an event beyond 4, for 1m
        windows over payments: 264 bytes, 3 windows, shared by 3 rules; 32 bytes an event beyond 4, for 2m
