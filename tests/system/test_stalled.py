"""test_stalled: sinks whose other side takes nothing any more, one of each kind, while events go on
coming. With slow=wait omen stands still within its bound of memory, answers, ends in time, and loses
nothing where the other side goes on. With slow=drop it never stands still, and every alert is
delivered or counted.
"""
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

from harness import require, same_alerts, wait_until
from test_kafka import FAST, events
from test_zmq import free_tcp

EVERY = FAST.replace("speed > 60", "speed > -1000")
N = 20000
SMALL = "hwm=100&queue=65536"

# What docs/operating.md says, for these settings and events: an omen that does nothing, 16 MiB; six
# batches and the queues are less than 2 MiB. As much again, for libraries and the allocator.
BOUND_KIB = 36 * 1024


class Stalled:
    """An omen with a sink that takes little or nothing, fed through its standard input."""

    def __init__(self, h, rules, out, *more, warm=False, shell=None):
        self.out = out
        command = [h.omen_path, "run", rules, "--in", "telemetry=-", *(["--out", out] if out else []),
                   "--idle-after", "off", *more]
        if shell:  # its standard output is a pipe
            command = ["sh", "-c", f'exec "$@" >{shell}', "sh", *command]
        self.omen = h.start(h.name("omen"), command, stdin=subprocess.PIPE)
        self.client = None
        self.warm = warm
        self.resume = lambda: None

    def write(self, data):
        try:
            self.omen.process.stdin.write(data)
            self.omen.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended

    def feed(self, path):
        if self.warm:  # a broadcast is heard from when the subscription has come
            i = 0
            while not self.client.out():
                self.write(b'{"id":"w%d","vehicle":"warm","at":%d,"speed":1}\n' % (i, 1767225000000 + i))
                i += 1
                time.sleep(0.01)
        self.write(path.read_bytes())

    def start_feeding(self, path):
        self.feeder = threading.Thread(target=self.feed, args=[path], daemon=True)
        self.feeder.start()

    def stands(self):
        """Counters that do not move, before the end."""
        first = self.omen.counters()
        if not first.get("waiting"):
            return None
        time.sleep(0.3)
        again = self.omen.counters()
        return again if again["events"] == first["events"] < N else None


def fifo(h):
    path = h.folder / h.name("fifo")
    os.mkfifo(path)
    # Somebody has it open, so that nobody waits for that, and nobody ends.
    return path, os.open(path, os.O_RDWR)


def read_all(h, path):
    """Whoever reads a pipe at last."""
    return h.start("cat", ["cat", path])


def stalled_each(h, rules, linger):
    """One of each kind."""
    def at(kind):
        return f"ipc://{h.folder}/{h.name(kind)}"

    def with_client(kind, peer, settings="", pause=0, **more):
        end = at(kind)
        s = Stalled(h, rules, f"zmq:{kind}:@{end}?{SMALL}&linger={linger}{settings}", **more)
        if pause is None:  # nobody comes before it is over
            def come():
                s.client = h.client(peer, end, N, "--hwm", 100)
            s.resume = come
        else:
            s.client = h.client(peer, end, 2 * N, "--hwm", 100, "--ack-every", 1, "--pause-after", pause)
            s.resume = lambda: s.client.signal(signal.SIGUSR1)
        return s

    def of_pipe(standard):
        path, fd = fifo(h)
        s = Stalled(h, rules, None, shell=path) if standard else Stalled(h, rules, path)

        def read():
            s.client = read_all(h, path)
            os.close(fd)
        s.resume = read
        return s

    return [with_client("pub", "sub", pause=1, warm=True),
            with_client("push", "pull", pause=None),
            with_client("push", "pull"),
            with_client("ack", "ack", "&outbox=100"),
            of_pipe(False), of_pipe(True)]


def begin(h, linger):
    rules = h.file("r.rules", EVERY)
    plain, _ = events(h, "many", N)
    every = stalled_each(h, rules, linger)
    for s in every:
        s.start_feeding(plain)
    counts = [wait_until(f"{s.out} stands still", s.stands) for s in every]
    return rules, plain, every, counts


def test_stalled_sinks_hold_the_input_and_lose_nothing(h):
    rules, plain, every, counts = begin(h, "30s")
    wanted = h.replay(rules, "--in", f"telemetry={plain}")
    memory = [s.omen.memory_kib() for s in every]
    print(f"    KiB of memory: {memory}")
    for s, before, kib in zip(every, counts, memory):
        require(f"{s.out}: it still stands still", s.omen.counters()["events"] == before["events"])
        require(f"{s.out}: {kib} KiB", kib < BOUND_KIB)
    for s in every:
        s.resume()
    for s in every:
        s.feeder.join()
        if s.client.name.startswith("cat"):  # it gets the last when omen ends
            s.omen.process.stdin.close()
        wait_until(f"{s.out}: the last is there", lambda: s.client.out().count("\n") >= N)
        s.omen.process.stdin.close()
        require(f"{s.out}: exit 0: {s.omen.err()[-1000:]}", s.omen.wait() == 0)
        same_alerts(str(s.out), [a for a in s.client.alerts() if a["data"]["key"] != "warm"], wanted)


def test_stalled_sinks_end_in_time(h):
    _, _, every, _ = begin(h, "1s")
    began = time.monotonic()
    for s in every:
        s.omen.signal(signal.SIGTERM)
    for s in every:
        require(f"{s.out}: exit 3: {s.omen.err()[-500:]}", s.omen.wait(30) == 3)
        require(f"{s.out}: it says so: {s.omen.err()[-500:]}",
                "were not taken in time and are lost" in s.omen.err())
        lost = re.findall(r"^lost +([\d,]+)", s.omen.err(), re.M)
        require(f"{s.out}: counted", lost and int(lost[-1].replace(",", "")) > 0)
    # Files linger for 5 s, and all the others are quicker.
    require("in time", time.monotonic() - began < 15)


def stop_is_heard(pid):
    """A thread of it takes SIGTERM as any process does: the first has been heard."""
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        blocked = int(re.search(r"SigBlk:\s+(\w+)", status.read_text()).group(1), 16)
        if not blocked >> (signal.SIGTERM - 1) & 1:
            return True
    return False


def test_stalled_sinks_and_a_second_signal(h):
    _, _, every, _ = begin(h, "10m")
    for s in every:
        s.omen.signal(signal.SIGTERM)
    for s in every:
        wait_until("it has heard", lambda: stop_is_heard(s.omen.pid))
        s.omen.signal(signal.SIGTERM)
        require(f"{s.out}: it ends at once", s.omen.wait(5) == -signal.SIGTERM)


def last_json(omen, message):
    found = [json.loads(x) for x in omen.err().splitlines() if f'"message":"{message}"' in x]
    return found[-1] if found else None


def json_counters(omen):
    n = omen.err().count('"message":"counters"')
    omen.signal(signal.SIGUSR1)
    wait_until("counters are printed", lambda: omen.err().count('"message":"counters"') > n)
    return last_json(omen, "counters")


def test_stalled_sinks_that_drop(h):
    rules = h.file("r.rules", EVERY)
    plain, _ = events(h, "many", N)
    wanted = h.replay(rules, "--in", f"telemetry={plain}")
    end = {k: f"ipc://{h.folder}/{k}" for k in ("pub", "push", "slow", "ack", "good")}
    drop = f"{SMALL}&slow=drop"
    nowhere = free_tcp()[len("tcp://"):]
    sinks = {"nobody": f"zmq:push:@{end['push']}?{drop}",
             "slow": f"zmq:push:@{end['slow']}?{drop}&linger=30s",
             "pub": f"zmq:pub:@{end['pub']}?{drop}&linger=30s",
             "ack": f"zmq:ack:@{end['ack']}?{drop}&outbox=100&linger=100ms",
             "kafka": f"kafka:alerts?bootstrap.servers={nowhere}&outbox=100&slow=drop&linger=100ms",
             "good": f"zmq:push:@{end['good']}?{SMALL}&linger=30s"}
    out = h.folder / "out.ndjson"
    s = Stalled(h, rules, out, "--log-format", "json",
                *(x for sink in sinks.values() for x in ("--out", sink)), warm=True)
    readers = {"slow": h.client("pull", end["slow"], 2 * N, "--hwm", 10, "--pause-after", 0),
               "pub": h.client("sub", end["pub"], 2 * N, "--hwm", 10, "--pause-after", 1),
               "good": h.client("pull", end["good"], 2 * N, "--pause-after", 2 * N)}
    s.client = readers["pub"]
    s.start_feeding(plain)
    wait_until("omen is there", s.omen.hears)
    # The others are stalled for good, and the good ones get everything meanwhile.
    wait_until("all is read", lambda: json_counters(s.omen)["events"] >= N)
    warm = json_counters(s.omen)["events"] - N
    wait_until("the good reader has all", lambda: len(readers["good"].alerts()) == N + warm)
    require("within the bound", s.omen.memory_kib() < BOUND_KIB + 20 * 1024)
    for reader in "slow", "pub":
        readers[reader].signal(signal.SIGUSR1)
    # What they get is what was written; but a broadcast that nobody heard yet is written too. A
    # reader that is behind would lose some if omen ended now.
    counts = {x["sink"]: x for x in json_counters(s.omen)["sinks"]}
    for name, least in ("slow", 0), ("pub", warm):
        written = counts[sinks[name]]["written"]
        wait_until(f"{name}: {written} come", lambda: readers[name].out().count("\n") >= written - least)
        require(f"{name}: and no more", readers[name].out().count("\n") <= written)
    s.feeder.join()
    s.omen.process.stdin.close()
    require(f"what ack and Kafka kept is lost: {s.omen.err()[-1000:]}", s.omen.wait() == 3)
    counts = {x["sink"]: x for x in last_json(s.omen, "summary")["sinks"]}
    for name in "nobody", "slow", "pub", "ack", "kafka":
        c = counts[sinks[name]]
        require(f"{name}: all are accounted for: {c}", c["dropped"] > 0 and c["waiting"] == 0 and
                c["written"] + c["dropped"] + c["lost"] == N + warm)
    require("the outboxes are what is lost",
            [counts[sinks[k]]["lost"] for k in ("ack", "kafka")] == [100, 100])
    same_alerts("the file", [a for a in map(json.loads, out.read_text().splitlines())
                             if a["data"]["key"] != "warm"], wanted)


def test_stalled_pages_go_on(h):
    rules = h.file("r.rules", EVERY)
    plain, _ = events(h, "many", N)
    page = free_tcp()[len("tcp://"):]
    s = Stalled(h, rules, f"zmq:push:@ipc://{h.folder}/push?{SMALL}", "--http", page)
    s.start_feeding(plain)
    count = wait_until("it stands still", s.stands)

    def metrics():
        with urllib.request.urlopen(f"http://{page}/metrics", timeout=10) as answer:
            return answer.read().decode()

    wait_until("the page shows it", lambda: re.search(
        rf"^omen_sink_waiting{{.*}} {count['waiting']}$", metrics(), re.M))


def test_stalled_end_waits_for_what_libzmq_has(h):
    rules = h.file("r.rules", EVERY)
    plain, _ = events(h, "many", N)
    wanted = h.replay(rules, "--in", f"telemetry={plain}")
    end = free_tcp()
    s = Stalled(h, rules, f"zmq:push:@{end}?hwm={N}&linger=60s")
    reader = h.client("pull", end, N, "--hwm", 10, "--pause-after", 0)
    s.feed(plain)

    def through():
        counts = s.omen.counters()
        return counts["events"] == N and "waiting" not in counts

    wait_until("all has left the queue", through)
    s.omen.signal(signal.SIGTERM)
    wait_until("it has heard", lambda: stop_is_heard(s.omen.pid))
    reader.signal(signal.SIGUSR1)
    require(f"exit 0: {s.omen.err()}", s.omen.wait() == 0)
    require(f"the reader has all: {reader.err()}", reader.wait() == 0)
    same_alerts("all", reader.alerts(), wanted)


def test_stalled_kafka(h):
    rules = h.file("r.rules", EVERY)
    plain, _ = events(h, "many", N)
    wanted = h.replay(rules, "--in", f"telemetry={plain}")
    topic = h.name("alerts")
    h.broker.topic(topic, 1)
    out = f"kafka:{topic}?bootstrap.servers={h.broker.address}&outbox=100&queue=65536&linger=60s"
    s = Stalled(h, rules, out)
    wait_until("omen is there", s.omen.hears)
    h.broker("kill")
    try:
        s.start_feeding(plain)
        wait_until("it stands still", s.stands)
        require("within the bound", s.omen.memory_kib() < BOUND_KIB)
    finally:
        h.broker("up")
    s.feeder.join()
    s.omen.process.stdin.close()
    require(f"exit 0: {s.omen.err()[-1000:]}", s.omen.wait() == 0)
    same_alerts("the topic", h.broker.consume(topic, N), wanted)
