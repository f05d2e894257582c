#: Live input that pauses: alerts are flushed, SIGUSR1 prints counters, SIGTERM drains and stops with 0.
$ mkfifo pipe; exec 3<>pipe; omen run speeding.rules --in telemetry=- <pipe >alerts 2>messages & pid=$!
> cat telemetry.ndjson >&3; ./await '[ "$(wc -l <alerts)" -eq 2 ]'
> kill -USR1 $pid; ./await 'grep -q memory messages'; cat messages
> kill -TERM $pid; wait $pid; echo "exit $?"; tail -n 7 messages

#: The same in the middle of a line, with one event a batch.
$ exec 3<>pipe; omen run speeding.rules --in telemetry=- --batch 1 --quiet <pipe >alerts & pid=$!
> { cat telemetry.ndjson; printf '{"vehicle":'; } >&3; ./await '[ "$(wc -l <alerts)" -eq 2 ]'
> kill -TERM $pid; wait $pid; echo "exit $?"

#: What has been read of one stream, and waits for the other, comes out at the end.
$ exec 3<>pipe; omen run fleet.rules --in payments=payments.csv --in telemetry=- --dead-letter dead --quiet <pipe >alerts & pid=$!
> { head -n 3 telemetry.ndjson; echo wrong; } >&3; ./await '[ -s dead ]'; wc -l <alerts
> kill -TERM $pid; wait $pid; echo "exit $?"; wc -l <alerts

#: A second SIGTERM ends it at once: here it waits for a reader of its alerts that does not read.
$ mkfifo stuck; exec 4<>stuck; awk -f events.awk -v kind=telemetry >tel.ndjson; cat tel.ndjson tel.ndjson >many.ndjson
> omen replay loud.rules --in telemetry=many.ndjson --quiet --out stuck & pid=$!
> sleep 0.5; kill -TERM $pid; sleep 0.2; kill -0 $pid && echo "still there"
> kill -TERM $pid; wait $pid 2>/dev/null; echo "exit $?"

$ exec 3<>pipe; omen run speeding.rules --in telemetry=- --log-format=json <pipe >alerts 2>messages & pid=$!
> cat telemetry.ndjson >&3; ./await '[ -s alerts ]'
> kill -USR1 $pid; ./await '[ -s messages ]'; kill -TERM $pid; wait $pid; echo "exit $?"; cut -d, -f2,3 messages

