#: What a terminal gets: colour, unless NO_COLOR; progress of a replay, erased at the end. (^[ is escape.)
$ TERM=xterm script -qec 'omen check broken.rules' /dev/null | tr -d '\r' | sed 's/\x1b/^[/g' | head -n 3

$ NO_COLOR=1 TERM=xterm script -qec 'omen check broken.rules' /dev/null | tr -d '\r' | sed 's/\x1b/^[/g' | head -n 3

$ TERM=dumb script -qec 'omen check broken.rules' /dev/null | tr -d '\r' | sed 's/\x1b/^[/g' | head -n 3

$ mkfifo pipe; { cat telemetry.ndjson; sleep 1.2; cat telemetry.ndjson; sleep 0.2; } >pipe & TERM=xterm script -qec 'omen replay speeding.rules --in telemetry=- --out alerts <pipe' /dev/null </dev/null | tr '\r' '\n' | sed -E 's/\x1b/^[/g; s/[0-9,]+ a second/R a second/'

$ { cat telemetry.ndjson; sleep 1.2; cat telemetry.ndjson; } >pipe & TERM=xterm script -qec 'omen run speeding.rules --in telemetry=- --out alerts <pipe' /dev/null </dev/null | grep -c "$(printf '\033')"

