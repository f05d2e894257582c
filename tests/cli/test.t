$ omen test tested.rules
3 passed, 0 failed

$ omen test untested.rules
untested.rules:4: "too much hoped for" for fast failed
    at 2026-01-31T12:00:00Z { vehicle: "v1", speed: 101 }                    fast
    at 2026-01-31T12:00:10Z wait 10s
    at 2026-01-31T12:00:20Z { vehicle: "v1", speed: 120.5 }                  fast
    at 2026-01-31T12:00:30Z { vehicle: "v2", speed: 120 }
    wanted   at 2026-01-31T12:00:20Z { key: "v1", top: 120 }
    wanted   at 2026-01-31T12:00:30Z { key: "v2" }
    came     at 2026-01-31T12:00:20Z { key: "v1", top: 120.5, since: 2026-01-31T12:00:00Z }
    near     1 event short
             fast      2026-01-31T12:00:30Z  speed 120.0
             open      2026-01-31T12:00:30Z  the test ends, and it still waits

untested.rules:16: "nothing # came" for fast failed
    at 0s    { vehicle: "v1", speed: 101 }
    wanted   at 0s { key: "v1" }
    came     nothing
    near     1 event short
             fast      0s  speed 101.0
             open      0s  the test ends, and it still waits

untested.rules:21: "it came all the same" for fast failed
    at 0s    { vehicle: "v1", speed: 101 }                    fast (1)
    at 1s    { vehicle: "v1", speed: 101 }                    fast (1)
    at 2s    { vehicle: "v2", speed: 101 }                    fast (2)
    at 3s    { vehicle: "v2", speed: 105 }                    fast (2)
    wanted   none after 2s
    came     at 3s { key: "v2", top: 105.0, since: 2s } (2)

3 passed, 3 failed
[exit 1]

$ omen test untested.rules --format=json | tail -n 2
{"file":"tested.rules","line":22,"title":"one between","rule":"fast","passed":true},
{"file":"tested.rules","line":29,"title":"another limit","rule":"fast","passed":true}]

$ omen test tested.rules --format=tap
TAP version 13
1..3
ok 1 - fast: two in a row
ok 2 - fast: one between
ok 3 - fast: another limit

$ omen test untested.rules --format=tap | grep -v '^#'
TAP version 13
1..6
not ok 1 - fast: too much hoped for
not ok 2 - fast: nothing \# came
not ok 3 - fast: it came all the same
ok 4 - fast: two in a row
ok 5 - fast: one between
ok 6 - fast: another limit

#: A param of the command line holds where the test does not say.
$ omen test tested.rules --param limit=130
tested.rules:16: "two in a row" for fast failed
    at 0s    { vehicle: "v1", speed: 101 }
    at 10s   { vehicle: "v1", speed: 120 }
    wanted   at 10s { key: "v1", top: 120, since: 0s }
    came     nothing
    near     No event was enough for a first step. The nearest of 2:
             fast?     10s  speed 120.0
               speed 120.0 > limit 130.0                              false, 10 short
             fast?     0s  speed 101.0
               speed 101.0 > limit 130.0                              false, 29 short

2 passed, 1 failed
[exit 1]

$ omen test refused.rules
refused.rules:5:5: error: no rule reads rule fast
    5 |     fast { vehicle: "v1", at: 10s }
      |     ^^^^
1 error
[exit 2]

$ omen test broken.rules 2>&1 | tail -n 1
2 errors

#: No tests are no failure.
$ omen test speeding.rules
0 passed, 0 failed

$ omen test speeding.rules --format=json
[]

$ omen test speeding.rules --format=tap
TAP version 13
1..0

$ omen test nothing.rules
omen: error: nothing.rules: No such file or directory
[exit 2]

$ omen test
omen: error: test: expected rule files, found none: omen test RULES... (see omen test --help)
[exit 2]

#: Time passes without events.
$ omen test absent.rules
4 passed, 0 failed

#: A rule that is off runs in no program, so nothing can be said of it.
$ sed 's/^rule silent {/&\n    mode off/' absent.rules >off.rules; omen test off.rules
off.rules:15:32: error: a rule of `mode off` is not run
   15 | test "a minute of silence" for silent {
      |                                ^^^^^^
off.rules:23:20: error: a rule of `mode off` is not run
   23 | test "not yet" for silent {
      |                    ^^^^^^
off.rules:29:48: error: a rule of `mode off` is not run
   29 | test "the time that passes is every key's" for silent {
      |                                                ^^^^^^
off.rules:35:38: error: a rule of `mode off` is not run
   35 | test "after a wait events go on" for silent {
      |                                      ^^^^^^
4 errors
[exit 2]
