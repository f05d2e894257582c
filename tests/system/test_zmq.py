"""test_zmq: events over ZeroMQ, from senders that are quick, slow to be read, wrong, strangers, and
that die. What should come is what a replay of the same events gives. No broker.
"""
import re
import signal
import socket
import time

import zmq

from harness import require, same_alerts, wait_until
from test_kafka import FAST, SPEEDING, events, lines, replayed


def rules_of(h, text):
    return h.file("r.rules", text)


def ipc(h, name="events"):
    return f"ipc://{h.folder}/{h.name(name)}"


def free_tcp():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{s.getsockname()[1]}"


def run(h, rules, source, *more):
    return h.omen("run", rules, "--in", f"telemetry={source}", *more)


def has_read(omen, n, timeout=60):
    wait_until(f"{n} events are read", lambda: omen.counters()["events"] >= n, timeout)


def has_sent(sender):
    wait_until(f"the sender is through: {sender.err()}", lambda: "sent" in sender.out())


def ends_well(omen):
    require(f"exit 0: {omen.err()}", omen.stop() == 0)


def summary_events(omen):
    return int(re.findall(r"^events +([\d,]+)", omen.err(), re.M)[-1].replace(",", ""))


def test_zmq_push_either_side_binds(h):
    rules = rules_of(h, SPEEDING)
    plain, _ = events(h, "many", 200000)
    wanted = replayed(h, rules, plain)
    for at, omen_binds in ((ipc(h), True), (free_tcp(), False)):
        omen = run(h, rules, f"zmq:pull:{'@' if omen_binds else '>'}{at}")
        sender = h.sender("push", at, plain, *([] if omen_binds else ["--bind"]))
        has_sent(sender)
        has_read(omen, 200000)
        ends_well(omen)
        require("each once", summary_events(omen) == 200000)
        same_alerts("all", omen.alerts(), wanted)


def test_zmq_a_broadcast_by_topic(h):
    rules = rules_of(h, FAST)
    plain, _ = events(h, "some", 20000)
    text = plain.read_text().splitlines(keepends=True)
    cars = h.file("cars.ndjson", "".join(text[::2]))
    topics = ["--topic", "car/1", "--topic", "bus/1"]
    for at, omen_binds in ((ipc(h), False), (free_tcp(), True)):
        mark = "@" if omen_binds else ">"
        # What else there is on the way: those who want all, and those who want nothing of it.
        omen = run(h, rules, f"zmq:sub:{mark}{at}?topic=car/")
        sender = h.sender("pub", at, plain, *topics, *([] if omen_binds else ["--bind"]))
        has_sent(sender)
        has_read(omen, 10000)
        ends_well(omen)
        require("each once", summary_events(omen) == 10000)
        same_alerts("cars only", omen.alerts(), replayed(h, rules, cars))


def event(i, speed=70):
    return '{"id":"e%d","vehicle":"a","at":%d,"speed":%s}' % (i, 1767225600000 + i, speed)


def frames(*parts):
    return "!" + " ".join((p if isinstance(p, bytes) else p.encode()).hex() for p in parts)


def test_zmq_bad_messages(h):
    rules, at, dead = rules_of(h, FAST), ipc(h), h.folder / "dead.ndjson"
    deep = '{"id":"x","vehicle":"a","at":1767225600000,"speed":70,"more":' + "[" * 70 + "]" * 70 + "}"
    messages = [
        (event(0), None),
        (frames(""), "empty message"),
        ('{"id":"2",', "truncated"),
        (event(3, '"x"'), "expected a number for `speed`"),
        (frames("topic", "more", event(4)), None),
        (frames(event(5), "not an event"), "expected a JSON object"),
        (frames(event(6), ""), "empty message"),
        (frames(b'{"id":"\xff"}'), "UTF-8"),
        (frames(event(8) + " " * (1 << 20)), "longer than 1 MiB"),
        (frames(event(9)[:-1] + "}" + " " * ((1 << 20) - len(event(9)))), None),
        (deep, "nested"),
        ("[" + event(11) + "]", "expected a JSON object"),
        (event(12) + event(12), "more text behind the object"),
        ('{"id":"13","vehicle":"a","at":4102444800000,"speed":70}', "too far ahead"),
        (event(14), None),
    ]
    path = h.file("bad", "".join(text + "\n" for text, _ in messages))
    omen = run(h, rules, f"zmq:pull:@{at}", "--dead-letter", dead)
    h.sender("push", at, path)
    has_read(omen, 4)
    # What is larger than any event may be ends the connection, and nothing else.
    large = h.file("large", "x" * (17 << 20) + "\n")
    h.sender("push", at, large)
    h.sender("push", at, h.file("one", event(20) + "\n"))
    has_read(omen, 5)
    wanted = [(i, why) for i, (_, why) in enumerate(messages) if why]
    require("counted", omen.counters()["malformed"] == len(wanted))
    ends_well(omen)
    letters = [(x["offset"], x["reason"]) for x in lines(dead)]
    require(f"{letters}", [x[0] for x in letters] == [x[0] for x in wanted])
    for (_, reason), (i, why) in zip(letters, wanted):
        require(f"message {i}: {reason}", why in reason)
    matched = [x["data"]["matched"]["fast"][0]["offset"] for x in omen.alerts()]
    require(f"offsets {matched}", matched == [0, 4, 9, 14, 15])


def pair(h, name):
    public, secret = (k.decode() for k in zmq.curve_keypair())
    return public, secret, h.file(name, f"{public}\n{secret}\n")


def test_zmq_curve(h):
    rules = rules_of(h, FAST)
    ours, theirs, stranger = pair(h, "ours"), pair(h, "theirs"), pair(h, "stranger")
    clients = h.file("clients", theirs[0] + "\n")
    path = h.file("one", event(0) + "\n")
    server = f"?curve-secret={ours[2]}&curve-clients={clients}"

    def omen_at(mark, at, settings):
        return run(h, rules, f"zmq:pull:{mark}{at}{settings}")

    def sender_at(at, server_key, keys, *more):
        return h.sender("push", at, path, *more, *(
            [f"--server-key={server_key}", f"--keys={keys[0]},{keys[1]}"] if keys else []))

    ends = [ipc(h) for _ in range(6)]
    good = omen_at("@", ends[0], server)
    sender_at(ends[0], ours[0], theirs)
    refused = [(omen_at("@", ends[1], server), "whose CURVE key is not in curve-clients"),
               (omen_at("@", ends[2], server), "our public key as the server's"),
               (omen_at("@", ends[3], server), "does it use CURVE")]
    sender_at(ends[1], ours[0], stranger)
    sender_at(ends[2], stranger[0], theirs)
    sender_at(ends[3], None, None)
    # omen connects: the sender has a key, and lets nobody in but by it. Keys that hold an `&` stand
    # in files.
    theirs_public, stranger_public = (h.file(f"public{i}", f"{k[0]}\n")
                                      for i, k in enumerate((theirs, stranger)))
    server_of = h.start("curve-server", ["/usr/bin/python3", "-c", CURVE_SERVER, ends[4], theirs[1],
                                         event(0)])
    connected = omen_at(">", ends[4], f"?curve-secret={ours[2]}&curve-server={theirs_public}")
    refused += [(omen_at(">", ends[4], f"?curve-secret={ours[2]}&curve-server={stranger_public}"),
                 "is curve-server its public key"),
                (omen_at(">", ends[4], ""), "does it want CURVE keys?")]
    for omen in good, connected:
        has_read(omen, 1)
        ends_well(omen)
        require(f"nothing to complain of: {omen.err()}", "so far" not in omen.err())
    for omen, words in refused:
        wait_until(f"it says {words}: {omen.err()}", lambda: words in omen.err())
    time.sleep(1)  # it is tried again ten times a second
    for omen, words in refused:
        require(f"it said so once: {omen.err()}", omen.err().count("times so far") == 1)
        ends_well(omen)
        require("nothing came", summary_events(omen) == 0)
    server_of.stop()


CURVE_SERVER = """
import sys, time, zmq
at, secret, event = sys.argv[1:]
s = zmq.Context().socket(zmq.PUSH)
s.curve_server = True
s.curve_secretkey = secret.encode()
s.bind(at)
s.send(event.encode())
time.sleep(60)
"""


def test_zmq_a_stalled_sink_stalls_the_sender(h):
    rules = rules_of(h, FAST.replace("speed > 60", "speed > -1000"))
    plain, _ = events(h, "many", 30000)
    wanted = replayed(h, rules, plain)
    at, out = ipc(h), ipc(h, "alerts")
    omen = run(h, rules, f"zmq:pull:@{at}?hwm=100", "--out", f"zmq:push:@{out}?queue=65536")
    sender = h.sender("push", at, plain, "--hwm", 100)
    wait_until("the sender stands", lambda: sender.out().splitlines()[-1:] and
               sender.out().splitlines()[-1].startswith("stands"))
    stands = sender.out().splitlines()[-1]
    require(f"long before the end: {stands}", int(stands.split()[1]) < 15000)
    before = omen.counters()["events"]
    memory = omen.memory_kib()
    require(f"memory is bounded: {memory} KiB", memory < 100 * 1024)
    require("it stands still", omen.counters()["events"] == before)
    require("and so does the sender", sender.out().splitlines()[-1] == stands)
    reader = h.client("pull", out, len(wanted))
    require(f"all alerts come: {reader.err()}", reader.wait() == 0)
    has_sent(sender)
    ends_well(omen)
    same_alerts("all", reader.alerts(), wanted)


def test_zmq_a_stop_finishes_what_was_read(h):
    rules = rules_of(h, SPEEDING)
    plain, _ = events(h, "many", 200000)
    at = ipc(h)
    omen = run(h, rules, f"zmq:pull:@{at}")
    h.sender("push", at, plain)
    wait_until("it is in the middle", lambda: omen.counters()["events"] > 5000, pause=0.01)
    ends_well(omen)
    n = summary_events(omen)
    require(f"it was in the middle: {n}", 5000 < n < 200000)
    first = h.file("first.ndjson", "".join(plain.read_text().splitlines(keepends=True)[:n]))
    same_alerts(f"of the first {n}", omen.alerts(), replayed(h, rules, first))


def test_zmq_a_sender_that_dies_and_comes_back(h):
    rules = rules_of(h, FAST)
    parts = [events(h, f"part{i}", 3000, i * 3000)[0] for i in range(3)]
    whole = h.file("whole.ndjson", "".join(p.read_text() for p in parts))
    wanted = replayed(h, rules, whole)
    cases = []
    for omen_binds in True, False:
        at = ipc(h)
        cases.append((at, run(h, rules, f"zmq:pull:{'@' if omen_binds else '>'}{at}"),
                      [] if omen_binds else ["--bind"]))
    for i, part in enumerate(parts):
        for at, omen, more in cases:
            sender = h.sender("push", at, part, *more)
            has_read(omen, 3000 * (i + 1))
            sender.signal(signal.SIGKILL)
            sender.wait()
    for _, omen, _ in cases:
        ends_well(omen)
        require("each once", summary_events(omen) == 9000)
        same_alerts("all", omen.alerts(), wanted)
