$ omen check speeding.rules
2 rules, 1 stream: fine

$ omen check fleet.rules
3 rules, 2 streams: fine

$ omen check speeding.rules whole.rules
whole.rules:9:14: note: without `by` all events of the stream have one key
    9 |     on       payments
      |              ^^^^^^^^
3 rules, 2 streams: fine

$ omen check whole.rules
whole.rules:9:14: note: without `by` all events of the stream have one key
    9 |     on       payments
      |              ^^^^^^^^
1 rule, 1 stream: fine

$ omen check broken.rules
broken.rules:10:20: error: there is no field `sped` in stream telemetry
   10 |     where    fast: sped > 100
      |                    ^^^^
      = did you mean `speed`?
broken.rules:14:14: error: there is no stream `telemetri`
   14 |     on       telemetri by vehicle
      |              ^^^^^^^^^
      = did you mean `telemetry`?
2 errors
[exit 2]

#: What parses wrongly hides no errors of other rules.
$ omen check syntax.rules
syntax.rules:11:1: error: expected a value, found `}`
   11 | }
      | ^
syntax.rules:16:20: error: there is no field `sped` in stream telemetry
   16 |     where    fast: sped > 100
      |                    ^^^^
      = did you mean `speed`?
2 errors
[exit 2]

$ omen check --format=json broken.rules
[{"severity":"error","file":"broken.rules","start":171,"end":175,"line":10,"column":20,"end_line":10,"end_column":24,"message":"there is no field `sped` in stream telemetry","help":"did you mean `speed`?"},
{"severity":"error","file":"broken.rules","start":212,"end":221,"line":14,"column":14,"end_line":14,"end_column":23,"message":"there is no stream `telemetri`","help":"did you mean `telemetry`?"}]
[exit 2]

$ omen check --format=json missing.rules
[{"severity":"error","message":"missing.rules: No such file or directory"}]
[exit 2]

$ omen check
omen: error: check: expected rule files, found none: omen check RULES... (see omen check --help)
[exit 2]

$ omen check missing.rules
omen: error: missing.rules: No such file or directory
[exit 2]

$ omen check .
omen: error: .: Is a directory
[exit 2]

$ omen check telemetry.ndjson
telemetry.ndjson:1:1: error: expected a declaration, found `{`
    1 | {"vehicle":"v1","at":"2026-01-31T12:00:00Z","speed":71.5,"limit":50,"lane":1,"signal":"off"}
      | ^
      = a file holds `stream` `table` `let` `param` `list` `import` `rule` `except for` `test`
1 error
[exit 2]

$ : >empty.rules; omen check empty.rules
0 rules, 0 streams: fine

$ omen check fleet.rules --param floor_amount=2500.00
3 rules, 2 streams: fine

$ omen check fleet.rules --param floor_amount=2.555
fleet.rules:3:7: error: `floor_amount` was set to `2.555`, which is not decimal(2)
    3 | param floor_amount : decimal(2) = 1000.00 "what is large"
      |       ^^^^^^^^^^^^
      = a number with at most 2 digits behind the point
1 error
[exit 2]

$ omen check fleet.rules --param floor=1
fleet.rules:1:1: error: there is no param `floor` to set
    1 | import "speeding.rules"
      | ^
1 error
[exit 2]

$ omen check fleet.rules --param floor_amount
omen: error: --param floor_amount: expected NAME=VALUE, as in --param limit=50
[exit 2]

$ omen check fleet.rules --param floor_amount=1 --param floor_amount=2
omen: error: --param floor_amount is set twice
[exit 2]

#: Colour is for terminals.
$ omen check broken.rules 2>&1 | grep -c "$(printf '\033')"
0
[exit 1]
