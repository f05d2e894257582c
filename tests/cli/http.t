#: The pages of --http, while omen runs.
$ cat >get.sh <<'END'
> exec 9<>"/dev/tcp/127.0.0.1/$1"; printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&9; cat <&9
> END
> mkfifo events; exec 3<>events
> omen run speeding.rules --in telemetry=- --out found.ndjson --http 19471 --quiet <events 2>said & pid=$!
> cat telemetry.ndjson >&3
> for i in $(seq 100); do sleep 0.1; bash get.sh 19471 /metrics 2>/dev/null | grep -q '^omen_sink_written.* 2' && break; done
> bash get.sh 19471 /readyz | tr -d '\r' | sed '/^Date:/d'
> bash get.sh 19471 /livez | tail -n 1
> bash get.sh 19471 /nothing | tr -d '\r' | sed -n '1p;$p'
> bash get.sh 19471 / | tr -d '\r' | sed -n '/^events/s/in.*//p;/^alerts/p' | tr -s ' '
> bash get.sh 19471 /metrics | tr -d '\r' >metrics; kill -TERM $pid; wait $pid; echo "exit $?"
> grep -E '^(omen_(info|alerts|sink|idle|ready|source|repeated|held_back|watermark|event_time|reloads)|# EOF|Content-Type)' metrics
> grep -c '^# HELP' metrics
HTTP/1.1 200 OK
Connection: close
Content-Type: text/plain; charset=utf-8
Cache-Control: no-store
Content-Length: 6

ready
alive
HTTP/1.1 404 Not Found
there are /, /metrics, /livez and /readyz
events 8 
alerts 2
exit 0
Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
omen_info{version="0.1.0"} 1
omen_alerts_total{rule="sustained_speeding"} 1
omen_alerts_total{rule="unsignalled_lane_changes"} 1
omen_source_events_total{stream="telemetry",source="-"} 8
omen_source_malformed_total{stream="telemetry",source="-"} 0
omen_source_read_bytes_total{stream="telemetry",source="-"} 730
omen_source_lag{stream="telemetry",source="-"} 0
omen_source_unheard_partitions{stream="telemetry",source="-"} 0
omen_source_away{stream="telemetry",source="-"} 0
omen_source_rebalances_total{stream="telemetry",source="-"} 0
omen_repeated_total{stream="telemetry",partition="0"} 0
omen_held_back{stream="telemetry",partition="0"} 0
omen_watermark_seconds{stream="telemetry",partition="0"} 1769860840.000
omen_event_time_seconds{stream="telemetry",partition="0"} 1769860840.000
omen_idle{stream="telemetry",partition="0"} 0
omen_sink_taken_total{sink="found.ndjson"} 2
omen_sink_written_total{sink="found.ndjson"} 2
omen_sink_dropped_total{sink="found.ndjson"} 0
omen_sink_waiting{sink="found.ndjson"} 0
omen_reloads_total{result="done"} 0
omen_reloads_total{result="refused"} 0
omen_ready 1
# EOF
38

$ omen run speeding.rules --in telemetry=telemetry.ndjson --http nowhere
omen: error: --http nowhere: expected an address, as in 9464 or 127.0.0.1:9464
[exit 2]

$ omen run speeding.rules --in telemetry=telemetry.ndjson --http 127.0.0.1:99999
omen: error: --http 127.0.0.1:99999: expected an address, as in 9464 or 127.0.0.1:9464
[exit 2]

$ omen run speeding.rules --in telemetry=telemetry.ndjson --http 203.0.113.9:80
omen: error: --http 203.0.113.9:80: Cannot assign requested address
[exit 3]
