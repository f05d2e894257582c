#: --check: every setting, and where it was said.
$ printf 'rules "speeding.rules"\nin telemetry = "kafka:telemetry"\nout "-", "zmq:push:@tcp://127.0.0.1:5556"\nlateness 10s\nkafka {\n    bootstrap.servers = "localhost:9092"\n}\n' >omen.conf
> OMEN_BATCH=512 OMEN_KAFKA_SASL_PASSWORD=hush omen run -c omen.conf --workers 4 --quiet --check
rules         speeding.rules                                omen.conf:1
in            telemetry=kafka:telemetry                     omen.conf:2
table         none                                          default
out           -                                             omen.conf:3
out           zmq:push:@tcp://127.0.0.1:5556                omen.conf:3
late          none                                          default
lateness      10s                                           omen.conf:4
shadow        none                                          default
dead-letter   none                                          default
param         none                                          default
drain         no                                            default
batch         512                                           OMEN_BATCH
quiet         yes                                           the command line
log-format    text                                          default
workers       4                                             the command line
kafka         sasl.password=(secret)                        OMEN_KAFKA_SASL_PASSWORD
kafka         bootstrap.servers=localhost:9092              omen.conf:6
config        omen.conf                                     the command line
http          none                                          default
ready-lag     none                                          default
idle-after    30s                                           default
future-bound  5m                                            default
journal       none                                          default
reload        none                                          default

$ omen run speeding.rules --check --workers 1 | grep default
in            none                                          default
table         none                                          default
out           -                                             default
late          none                                          default
lateness      0s; from Kafka 5s                             default
shadow        none                                          default
dead-letter   none                                          default
param         none                                          default
drain         no                                            default
batch         1024                                          default
quiet         no                                            default
log-format    text                                          default
kafka         none                                          default
config        none                                          default
http          none                                          default
ready-lag     none                                          default
idle-after    30s                                           default
future-bound  5m                                            default
journal       none                                          default
reload        none                                          default

$ printf 'rule broken {' >broken.rules; omen run broken.rules --check >settings
broken.rules:1:14: error: the `}` of rule `broken` is missing
    1 | rule broken {
      |              ^
broken.rules:1:1: note: the rule begins here
    1 | rule broken {
      | ^^^^^^^^^^^
1 error
[exit 2]

$ printf 'check\n' >wrong.conf; omen run -c wrong.conf
wrong.conf:1:1: error: there is no setting `check`
    1 | check
      | ^^^^^
      = settings are the options of omen run, without the dashes
[exit 2]
