#: The option parser.
$ omen check --format=json speeding.rules
[]

$ omen check --format json speeding.rules
[]

$ omen check speeding.rules --format json
[]

$ omen check --formt json speeding.rules
omen: error: check: there is no option --formt; did you mean --format? (see omen check --help)
[exit 2]

$ omen check -format speeding.rules
omen: error: check: there is no option -format; did you mean --format? (see omen check --help)
[exit 2]

$ omen check -q speeding.rules
omen: error: check: there is no option -q (see omen check --help)
[exit 2]

$ omen check --format=xml speeding.rules
omen: error: check: --format: expected text or json, found xml
[exit 2]

$ omen explain --stage= speeding.rules
omen: error: explain: --stage: expected tokens, tree, types, nfa or code, found nothing
[exit 2]

$ omen check --format
omen: error: check: --format needs a value: --format text|json
[exit 2]

$ omen replay speeding.rules --in --out alerts.ndjson
omen: error: replay: --in needs a value: --in STREAM=SOURCE
[exit 2]

$ omen fmt --check=yes speeding.rules
omen: error: fmt: --check takes no value
[exit 2]

$ omen check -- --format=json
omen: error: --format=json: No such file or directory
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --dead-leter dead.ndjson
omen: error: replay: there is no option --dead-leter; did you mean --dead-letter? (see omen replay --help)
[exit 2]

$ omen replay speeding.rules --in telemetry=telemetry.ndjson --state dir
omen: error: replay: --state is not built yet
[exit 2]

$ omen replay speeding.rules --workers=0
omen: error: --workers: expected a number from 1 to 64, found 0
[exit 2]

#: The last of two counts; the environment where the command line is silent.
$ omen check --format text --format json speeding.rules
[]

$ OMEN_FORMAT=json omen check speeding.rules
[]

$ OMEN_FORMAT=json omen check --format text speeding.rules
2 rules, 1 stream: fine

$ OMEN_BATCH=0 omen replay speeding.rules --in telemetry=telemetry.ndjson
omen: error: --batch: expected a number from 1 to 4096, found 0
[exit 2]
