#: Configuration files: what they say, who wins, and every mistake of one.
$ printf 'rules "speeding.rules"\nin telemetry = "telemetry.ndjson"\nout "found.ndjson"\nquiet # no summary\nbatch 7\n' > omen.conf; omen replay -c omen.conf; wc -l < found.ndjson; rm found.ndjson
2

$ omen replay -c omen.conf --out - | wc -l
2

$ omen replay speeding.rules -c omen.conf --in telemetry=nowhere.ndjson
omen: error: --in telemetry: nowhere.ndjson: No such file or directory
[exit 2]

$ OMEN_CONFIG=omen.conf OMEN_BATCH=0 omen replay
omen: error: --batch: expected a number from 1 to 4096, found 0
[exit 2]

$ OMEN_CONFIG=omen.conf omen replay --batch 1024 --out - | wc -l
2

$ omen replay -c nowhere.conf
omen: error: --config nowhere.conf: No such file or directory
[exit 2]

$ printf '# all of it\nrules "speeding.rules"\ndead-leter "x"\nlateness 5s, 6s\nbatch 7\nbatch 8\nlog-format xml\nquiet "yes"\nconfig "other.conf"\nkafka {\n    bootstrap.servers = "localhost:9092"\n    sasl.password = file "/nowhere"\n    linger.ms 5\n}\nout' > wrong.conf; omen run -c wrong.conf
wrong.conf:3:1: error: there is no setting `dead-leter`
    3 | dead-leter "x"
      | ^^^^^^^^^^
      = did you mean `dead-letter`?
wrong.conf:4:12: error: expected a setting, as in `lateness 5s`, found `,`
    4 | lateness 5s, 6s
      |            ^
wrong.conf:6:1: error: `batch` is said twice
    6 | batch 8
      | ^^^^^
wrong.conf:8:7: error: expected a setting, as in `lateness 5s`, found `"yes"`
    8 | quiet "yes"
      |       ^^^^^
wrong.conf:9:1: error: there is no setting `config`
    9 | config "other.conf"
      | ^^^^^^
      = settings are the options of omen run, without the dashes
wrong.conf:12:21: error: /nowhere: No such file or directory
   12 |     sasl.password = file "/nowhere"
      |                     ^^^^
wrong.conf:13:15: error: expected `=` behind the name of the property, found `5`
   13 |     linger.ms 5
      |               ^
wrong.conf:15:4: error: expected a value for out: SINK, found the end of the file
   15 | out
      |    ^
[exit 2]

#: A folder is no secret.
$ printf 'rules "speeding.rules"\nkafka {\n    sasl.password = file "/"\n}\n' > folder.conf; omen run -c folder.conf
folder.conf:3:21: error: /: Is a directory
    3 |     sasl.password = file "/"
      |                     ^^^^
[exit 2]
