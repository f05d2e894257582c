#: What a terminal gets: colour, unless NO_COLOR; progress of a replay, erased at the end. (^[ is escape.)
$ TERM=xterm script -qec 'omen check broken.rules' /dev/null | tr -d '\r' | sed 's/\x1b/^[/g' | head -n 3
^[[1mbroken.rules:10:20: ^[[0m^[[1;31merror:^[[0m there is no field `sped` in stream telemetry
^[[34m   10 | ^[[0m    where    fast: sped > 100
^[[34m      | ^[[0m^[[1;31m                   ^^^^^[[0m

$ NO_COLOR=1 TERM=xterm script -qec 'omen check broken.rules' /dev/null | tr -d '\r' | sed 's/\x1b/^[/g' | head -n 3
broken.rules:10:20: error: there is no field `sped` in stream telemetry
   10 |     where    fast: sped > 100
      |                    ^^^^

$ TERM=dumb script -qec 'omen check broken.rules' /dev/null | tr -d '\r' | sed 's/\x1b/^[/g' | head -n 3
broken.rules:10:20: error: there is no field `sped` in stream telemetry
   10 |     where    fast: sped > 100
      |                    ^^^^

$ mkfifo pipe; { cat telemetry.ndjson; sleep 1.2; cat telemetry.ndjson; sleep 0.2; } >pipe & TERM=xterm script -qec 'omen replay speeding.rules --in telemetry=- --out alerts <pipe' /dev/null </dev/null | sed 's/\r$//' | tr '\r' '\n' | sed -E 's/\x1b/^[/g; s/[0-9,]+ a second/R a second/; s/in [0-9.]+ s/in T s/'

16 events, R a second, 2 alerts^[[K
^[[Kevents                      16  in T s, R a second
alerts                       2
  sustained_speeding         1
  unsignalled_lane_changes   1
malformed                    0
late                         7  not kept; --late SINK keeps them
null keys                    0

$ { cat telemetry.ndjson; sleep 1.2; cat telemetry.ndjson; } >pipe & TERM=xterm script -qec 'omen run speeding.rules --in telemetry=- --out alerts <pipe' /dev/null </dev/null | grep -c "$(printf '\033')"
0
[exit 1]
