#: Live input that pauses: alerts are flushed, SIGUSR1 prints counters, SIGTERM drains and stops with 0.
$ mkfifo pipe; exec 3<>pipe; : >alerts >messages; omen run speeding.rules --in telemetry=- <pipe >alerts 2>messages & pid=$!
> cat telemetry.ndjson >&3; ./await '[ "$(wc -l <alerts)" -eq 2 ]'
> kill -USR1 $pid; ./await 'grep -q memory messages'; sed 's/  */ /g' messages
> kill -TERM $pid; wait $pid; echo "exit $?"; tail -n 7 messages
events 8 in T s, R a second
alerts 2
 sustained_speeding 1
 unsignalled_lane_changes 1
malformed 0
late 0
null keys 0
keys 2
runs 0
memory M KiB
exit 0
events                      8  in T s, R a second
alerts                      2
  sustained_speeding        1
  unsignalled_lane_changes  1
malformed                   0
late                        0
null keys                   0

#: The same in the middle of a line, with one event a batch.
$ exec 3<>pipe; : >alerts2; omen run speeding.rules --in telemetry=- --batch 1 --quiet <pipe >alerts2 & pid=$!
> { cat telemetry.ndjson; printf '{"vehicle":'; } >&3; ./await '[ "$(wc -l <alerts2)" -eq 2 ]'
> kill -TERM $pid; wait $pid; echo "exit $?"
exit 0

#: What has been read of one stream, and waits for the other, comes out at the end.
$ exec 3<>pipe; : >alerts3; omen run fleet.rules --in payments=payments.csv --in telemetry=- --dead-letter dead --quiet <pipe >alerts3 & pid=$!
> { head -n 3 telemetry.ndjson; echo wrong; } >&3; ./await '[ -s dead ]'; wc -l <alerts3
> kill -TERM $pid; wait $pid; echo "exit $?"; wc -l <alerts3
1
exit 0
2

#: A second SIGTERM ends it at once: here it waits for a reader of its alerts that does not read.
$ mkfifo stuck; exec 4<>stuck; awk -f events.awk -v kind=telemetry >tel.ndjson; cat tel.ndjson tel.ndjson >many.ndjson
> omen replay loud.rules --in telemetry=many.ndjson --quiet --out stuck & pid=$!
> sleep 0.5; kill -USR1 $pid; sleep 0.1; kill -TERM $pid; sleep 0.2; kill -0 $pid && echo "still there"
> kill -TERM $pid; wait $pid 2>/dev/null; echo "exit $?"
still there
exit 143

$ exec 3<>pipe; : >alerts4; omen run speeding.rules --in telemetry=- --log-format=json <pipe >alerts4 2>messages4 & pid=$!
> cat telemetry.ndjson >&3; ./await '[ -s alerts4 ]'
> kill -USR1 $pid; ./await '[ -s messages4 ]'; kill -TERM $pid; wait $pid; echo "exit $?"; cut -d, -f2,3 messages4
exit 0
"level":"info","message":"counters"
"level":"info","message":"summary"

#: A signal that comes before omen is ready, here while it waits for a reader of its alerts, is answered when it is.
$ exec 3<>pipe; mkfifo later; omen run speeding.rules --in telemetry=- --idle-after off --journal journal --out later <pipe 2>messages5 & pid=$!
> ./await '[ -e journal ]'; kill -USR1 $pid; kill -HUP $pid; cat later >/dev/null & reader=$!
> ./await 'grep -q memory messages5 && grep -q done messages5'; kill -TERM $pid; wait $pid; echo "exit $?"; wait $reader
exit 0
