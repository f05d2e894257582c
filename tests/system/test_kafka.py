"""test_kafka: events from Kafka, alerts to Kafka and ZeroMQ, at a real broker, with what goes wrong
in the world: bad messages, refused passwords, brokers that are killed, members that come and go,
readers that are slow, a full disk. What should come is what a replay of the same events gives.
"""
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone

from harness import Failure, parse_counters, require, same_alerts, wait_until

SPEEDING = """
stream telemetry {
    id      : string event id
    vehicle : string
    at      : time event
    speed   : float
}
rule speeding {
    on    telemetry by vehicle
    match fast 2 times in a row within 10m
    where fast: speed > 50
    emit  top: max(fast.speed)
}
"""

# Without state: what one member of a group has matched another need not know.
FAST = SPEEDING[:SPEEDING.index("rule")] + """
rule fast {
    on    telemetry by vehicle
    match fast
    where fast: speed > 60
    emit  speed: fast.speed
}
"""


def events(h, name, n, first=0):
    """Two files: events, and the same with the key in front, for `broker produce`."""
    state = 12345 + first
    plain, keyed = h.folder / f"{name}.ndjson", h.folder / f"{name}.keyed"
    with open(plain, "w") as p, open(keyed, "w") as k:
        for i in range(first, first + n):
            state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
            vehicle = state >> 40 & 1023
            speed = (state >> 20 & 255) + (state >> 50 & 255) - 200
            line = '{"id":"e%d","vehicle":"v%d","at":%d,"speed":%d}' % (
                i, vehicle, 1767225600000 + i * 10, speed)
            p.write(line + "\n")
            k.write("v%d\t%s\n" % (vehicle, line))
    return plain, keyed


def replayed(h, rules, path):
    alerts = h.replay(rules, "--in", f"telemetry={path}")
    require("there is something to compare", len(alerts) > 50)
    return alerts


def assigned(p):
    wait_until("partitions are assigned", lambda: "assigned to us" in p.err())


def events_read(p):
    """Matched, or waiting for newer events or the end."""
    c = p.counters()
    return c["events"] + c.get("held back", 0)


def read(p, n, timeout=60):
    """Until so many events are read, and no more."""
    assigned(p)
    wait_until(f"{n} events are read", lambda: events_read(p) >= n, timeout, 0.3)
    require(f"{events_read(p)} are {n}", events_read(p) == n)


def all_read(p):
    """Until no message is there that was not read; what was read may wait for newer events."""
    def none_left():
        c = p.counters()
        return "lag" not in c and "not heard of" not in c

    wait_until("all is read", lambda: none_left() and (time.sleep(0.3) or none_left()), 120, 0.3)


CLOSING = 64  # keys, so that some are in each of a few partitions


def close(h, topic):
    """Events a day later that no rule looks at: what waited for newer ones waits no more."""
    h.broker.produce(topic, h.file(h.name("closing"), "".join(
        'v%d\t{"id":"c%d","vehicle":"v%d","at":%d,"speed":-9999}\n' %
        (i, i, i, 1767225600000 + 86400000) for i in range(CLOSING))))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_million_events_to_every_kind_of_sink(h):
    rules = h.file("r.rules", SPEEDING)
    plain, keyed = events(h, "million", 1000000)
    wanted = replayed(h, rules, plain)
    topic, out = h.name("telemetry"), h.name("alerts")
    h.broker.topic(topic, 4)
    h.broker.topic(out, 1)
    ends = {kind: f"ipc://{h.folder}/{kind}" for kind in ("push", "pub", "ack")}
    omen = h.omen("run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(),
                  "--idle-after", "off", "--out", f"kafka:{out}",
                  *(x for kind, end in ends.items() for x in ("--out", f"zmq:{kind}:@{end}")))
    readers = [h.client(kind, ends[end], len(wanted))
               for kind, end in (("pull", "push"), ("sub", "pub"), ("ack", "ack"))]
    assigned(omen)
    for reader in readers:
        wait_until("readers are there", lambda: "connected" in reader.err())
    h.broker.produce(topic, keyed)
    close(h, topic)
    read(omen, 1000000 + CLOSING, timeout=120)
    for reader in readers:
        require(f"{reader.name} has all: {reader.err()}", reader.wait() == 0)
        same_alerts(reader.name, reader.alerts(), wanted)
    require(f"omen ends well: {omen.err()}", omen.stop() == 0)
    same_alerts("the topic", h.broker.consume(out, len(wanted)), wanted)
    require("all were read", "1,000,064" in omen.err())


def test_bad_messages(h):
    rules = h.file("r.rules", FAST)
    topic, group = h.name("bad"), h.name("group")
    h.broker.topic(topic, 1)
    text = ('k\t{"id":"1","vehicle":"a","at":1767225600000,"speed":70}\n'
            'k\t{"id":"2",\n'
            'k\t\n'
            'k\tNULL\n'
            'k\t{"id":"3","vehicle":"a","at":1767225601000,"speed":"x"}\n'
            'k\t{"id":"4","vehicle":"a","at":1767225602000,"speed":80}\n'
            'k\tNULL\n')
    path = h.file("bad", text)
    with open(path) as f:
        h.broker("java", "kafka.tools.ConsoleProducer", "--bootstrap-server",
                 h.broker.address, "--topic", topic, "--property", "parse.key=true",
                 "--property", "null.marker=NULL", stdin=f)
    dead, out = h.folder / "dead.ndjson", h.folder / "out.ndjson"
    arguments = ["run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(group), "--out", out,
                 "--dead-letter", dead]
    omen = h.omen(*arguments)
    assigned(omen)
    wait_until("the last is read", lambda: omen.counters()["malformed"] == 5)
    require("exit 0", omen.stop() == 0)
    letters = [(x["source"], x["partition"], x["offset"], x["reason"]) for x in lines(dead)]
    source = f"kafka:{topic}"
    require(f"five letters: {letters}", [x[:3] for x in letters] ==
            [(source, 0, i) for i in (1, 2, 3, 4, 6)])
    reasons = [x[3] for x in letters]
    require(reasons, reasons[1] == "empty message" and "tombstone" in reasons[2] and
            "expected a number for `speed`" in reasons[3])
    require("two alerts", len(lines(out)) == 2)
    omen = h.omen(*arguments)
    assigned(omen)
    time.sleep(1)
    require("exit 0", omen.stop() == 0)
    require("nothing is read again, the malformed neither", len(lines(dead)) == 5)


def secure(h, topic, password, ca):
    return h.file(h.name("config"), f"""
        kafka {{
            bootstrap.servers = "{h.broker.tls_address}"
            group.id          = "{h.name('group')}"
            security.protocol = "SASL_SSL"
            sasl.mechanism    = "SCRAM-SHA-256"
            sasl.username     = "omen"
            sasl.password     = file "{password}"
            ssl.ca.location   = "{h.broker.home / ca}"
        }}""")


def test_tls_and_passwords(h):
    rules = h.file("r.rules", FAST)
    plain, keyed = events(h, "few", 1000)
    topic = h.name("secure")
    h.broker.topic(topic, 2)
    h.broker.produce(topic, keyed)
    wrong = h.file("wrong", "not this one\n")
    good, bad, untrusted = (secure(h, topic, *x) for x in (
        (h.broker.home / "password", "ca.pem"), (wrong, "ca.pem"),
        (h.broker.home / "password", "other-ca.pem")))
    arguments = ["run", rules, "--in", f"telemetry=kafka:{topic}"]
    omen = h.omen(*arguments, "-c", good)
    read(omen, 1000)
    require("exit 0", omen.stop() == 0)
    same_alerts("over TLS", omen.alerts(), replayed(h, rules, plain))
    for config, words in ((bad, "uthentication"), (untrusted, "certificate verify failed")):
        omen = h.omen(*arguments, "-c", config)
        require("exit 3", omen.wait(30) == 3)
        require(f"{words}: {omen.err()}", words in omen.err())
    omen = h.omen(*arguments, "--kafka", "sasl.password=x")
    require("a secret on the command line is refused", omen.wait(10) == 2)


def test_a_topic_that_does_not_exist_yet(h):
    rules = h.file("r.rules", FAST)
    plain, keyed = events(h, "few", 1000)
    topic = h.name("later")
    omen = h.omen("run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka())
    wait_until("it is said", lambda: "there is no such topic" in omen.err())
    h.broker.topic(topic, 1)
    h.broker.produce(topic, keyed)
    read(omen, 1000)
    require("exit 0", omen.stop() == 0)
    same_alerts("all", omen.alerts(), replayed(h, rules, plain))


def test_a_broker_that_is_killed_three_times(h):
    rules = h.file("r.rules", SPEEDING)
    parts = [events(h, f"part{i}", 50000, i * 50000) for i in range(4)]
    whole = h.file("whole.ndjson", "".join(p.read_text() for p, _ in parts))
    wanted = replayed(h, rules, whole)
    topic, out = h.name("killed"), h.name("alerts")
    h.broker.topic(topic, 4)
    h.broker.topic(out, 1)
    omen = h.omen("run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(),
                  "--idle-after", "off", "--out", f"kafka:{out}")
    assigned(omen)
    for i, (_, keyed) in enumerate(parts):
        h.broker.produce(topic, keyed)
        if i < 3:
            time.sleep(0.1 * i)
            h.broker("kill")
            time.sleep(0.5)
            h.broker("up")
    read(omen, 200000)
    require(f"exit 0: {omen.err()}", omen.stop() == 0)
    same_alerts("the topic", h.broker.consume(out, len(wanted)), wanted)


SILENT = """
stream beats {
    sensor : string
    at     : time event
}
rule silent {
    on    beats by sensor
    match beat then no again within 4s
    where beat: any
          again: any
    emit  last: beat.at
}
"""


def test_an_outage_is_no_silence(h):
    """The second beat is in time, but the broker is away for longer than silence is allowed."""
    rules = h.file("r.rules", SILENT)
    topic = h.name("beats")
    h.broker.topic(topic, 2)
    omen = h.omen("run", rules, "--in", f"beats=kafka:{topic}", *h.kafka(), "--idle-after", "1s",
                  "--lateness", "0s")
    assigned(omen)
    now = time.time_ns() // 1000000
    beat = lambda at: h.file(h.name("beat"), 's\t{"sensor":"s","at":%d}\n' % at)
    h.broker.produce(topic, beat(now))
    wait_until("the first is read", lambda: events_read(omen) == 1)
    h.broker("kill")
    wait_until("it is said", lambda: "no broker can be reached" in omen.err())
    time.sleep(6)
    require(f"nothing is told: {omen.out()}", not omen.alerts())
    h.broker("up")
    h.broker.produce(topic, beat(now + 2000))
    wait_until("silence is told", lambda: omen.alerts())
    require(f"exit 0: {omen.err()}", omen.stop() == 0)
    require("it was heard of", "a broker is reached again" in omen.err())
    starts = [a["data"]["start"] for a in omen.alerts()]
    require(f"of the second: {starts}", starts ==
            [datetime.fromtimestamp((now + 2000) / 1000, timezone.utc).isoformat("T", "milliseconds")
             .replace("+00:00", "Z")])
    require(f"none was late: {omen.err()}", parse_counters(omen.err())["late"] == 0)


def test_a_member_that_joins_and_leaves(h):
    rules = h.file("r.rules", FAST)
    parts = [events(h, f"part{i}", 30000, i * 30000) for i in range(3)]
    whole = h.file("whole.ndjson", "".join(p.read_text() for p, _ in parts))
    wanted = replayed(h, rules, whole)
    topic, group = h.name("members"), h.name("group")
    h.broker.topic(topic, 4)
    # A part, 5 minutes of event time, comes within a second: what moves from one member to the
    # other would be late.
    arguments = ["run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(group),
                 "--idle-after", "off", "--lateness", "6m"]
    first = h.omen(*arguments)
    assigned(first)
    h.broker.produce(topic, parts[0][1])
    read(first, 30000)
    second = h.omen(*arguments)
    wait_until("the first gives up some", lambda: "given up" in first.err())
    wait_until("the second gets them", lambda: "2 partitions assigned to us" in second.err())
    h.broker.produce(topic, parts[1][1])
    all_read(second)
    require(f"exit 0: {second.err()}", second.stop() == 0)
    h.broker.produce(topic, parts[2][1])
    wait_until("the first gets them back", lambda: "2 partitions assigned to us" in first.err())
    all_read(first)
    require(f"exit 0: {first.err()}", first.stop() == 0)
    require("the second found some", len(second.alerts()) > 1000)
    found = {x["id"]: x for x in first.alerts() + second.alerts()}
    same_alerts("both, each once", list(found.values()), wanted)
    print(f"    {len(first.alerts()) + len(second.alerts()) - len(found)} alerts came twice")


def produce_aside(h, topic, keyed):
    return h.start("produce", [sys.executable, "-c",
                   "import sys,harness; harness.Broker().produce(*sys.argv[1:])", topic, keyed],
                   env={"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})


def test_a_restart_skips_nothing(h):
    rules = h.file("r.rules", FAST)
    plain, keyed = events(h, "many", 300000)
    wanted = replayed(h, rules, plain)
    topic, group, out = h.name("restart"), h.name("group"), h.folder / "out.ndjson"
    h.broker.topic(topic, 4)
    arguments = ["run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(group), "--out", out,
                 "--idle-after", "off"]
    producer = produce_aside(h, topic, keyed)
    seen = 0
    for wait in (1.2, 1.2, None):
        omen = h.omen(*arguments)
        assigned(omen)
        if wait:
            time.sleep(wait)
        else:
            require("produced", producer.wait() == 0)
            read(omen, 300000 - seen)
        require(f"exit 0: {omen.err()}", omen.stop() == 0)
        seen += int(omen.err().split("events")[-1].split()[0].replace(",", ""))
    require(f"each event once: {seen}", seen == 300000)
    same_alerts("three runs", lines(out), wanted)


def test_a_kill_of_omen_loses_nothing(h):
    rules = h.file("r.rules", FAST)
    plain, keyed = events(h, "many", 300000)
    wanted = replayed(h, rules, plain)
    topic, group, out = h.name("killed"), h.name("group"), h.folder / "out.ndjson"
    h.broker.topic(topic, 4)
    arguments = ["run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(group), "--out", out,
                 "--idle-after", "off"]
    producer = produce_aside(h, topic, keyed)
    for _ in range(2):
        omen = h.omen(*arguments)
        assigned(omen)
        wait_until("it is in the middle", lambda: omen.counters()["events"] > 20000)
        omen.signal(signal.SIGKILL)
        omen.wait()
    omen = h.omen(*arguments)
    require("produced", producer.wait() == 0)
    assigned(omen)
    all_read(omen)
    require(f"exit 0: {omen.err()}", omen.stop() == 0)
    came = lines(out)
    found = {x["id"]: x for x in came}
    same_alerts("what came, each once", list(found.values()), wanted)
    print(f"    {len(came) - len(found)} of {len(came)} alerts came twice")


def test_readers_that_are_slow(h):
    rules = h.file("r.rules", FAST.replace("speed > 60", "speed > -1000"))
    plain, keyed = events(h, "many", 100000)
    wanted = replayed(h, rules, plain)
    topic = h.name("slow")
    h.broker.topic(topic, 4)
    ends = {kind: f"ipc://{h.folder}/{kind}" for kind in ("pub", "ack", "push")}
    omen = h.omen("run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(), "--idle-after", "off",
                  "--out", f"zmq:pub:@{ends['pub']}?hwm=100&queue=65536",
                  "--out", f"zmq:ack:@{ends['ack']}?queue=65536&outbox=1000",
                  "--out", f"zmq:push:@{ends['push']}?slow=drop&hwm=10&queue=65536")
    sub = h.client("sub", ends["pub"], len(wanted), "--sleep-after", 1000, 10, "--hwm", 100)
    ack = h.client("ack", ends["ack"], len(wanted))
    assigned(omen)
    time.sleep(1)
    h.broker.produce(topic, keyed)
    wait_until("some wait", lambda: omen.counters().get("waiting"))
    require("memory stays bounded", omen.memory_kib() < 600 * 1024)
    close(h, topic)
    read(omen, 100000 + CLOSING)
    require("what nobody pulled was dropped and counted", omen.counters()["dropped"] > 90000)
    # While omen is there: over ipc a reader that is behind loses what its kernel holds at the end.
    for reader in (sub, ack):
        require(f"{reader.name} has all: {reader.err()}", reader.wait() == 0)
        same_alerts(reader.name, reader.alerts(), wanted)
    require(f"exit 0: {omen.err()}", omen.stop() == 0)


def test_a_full_disk(h):
    rules = h.file("r.rules", FAST)
    plain, keyed = events(h, "some", 10000)
    wanted = replayed(h, rules, plain)
    topic, disk = h.name("disk"), h.folder / "disk"
    h.broker.topic(topic, 1)
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk],
                      capture_output=True).returncode:
        raise Failure("no tmpfs can be mounted here, to be filled")
    try:
        (disk / "ballast").write_bytes(bytes((4 << 20) - 65536))
        out = disk / "out.ndjson"
        omen = h.omen("run", rules, "--in", f"telemetry=kafka:{topic}", *h.kafka(), "--out", out,
                      "--idle-after", "3s")
        assigned(omen)
        h.broker.produce(topic, keyed)
        wait_until("it is said", lambda: "No space left" in omen.err())
        time.sleep(5)  # longer than silence is allowed: nobody reads, so nobody is silent
        require("it lives", omen.alive() and omen.counters()["waiting"] > 0)
        (disk / "ballast").unlink()
        wait_until("it works again", lambda: "works again" in omen.err())
        read(omen, 10000)
        require("none is late", omen.counters()["late"] == 0)
        require(f"exit 0: {omen.err()}", omen.stop() == 0)
        same_alerts("the file", lines(out), wanted)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
