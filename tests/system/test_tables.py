"""test_tables: a table from a compacted topic: read to its end before the first event, changed while
events come, a row deleted by a tombstone, bad messages, a broker that is killed, another declaration
at a reload.
"""
import json
import signal
import subprocess

from harness import require, wait_until

SHOP = """
stream payments {
    card     : string
    at       : time event
    merchant : string
}
table merchants {
    merchant : string
    risk     : float
} key merchant
rule risky {
    on    payments by card
    match a
    where a: merchants[merchant].risk > 0.5
    emit  risk: merchants[a.merchant].risk
}
"""


def rows(h, topic, *lines):
    """Messages: `m1`, a tombstone; `m1 0.7`, a row; else as it is."""
    text = ""
    for line in lines:
        key, *risk = line.split()
        if "\t" in line:
            text += line + "\n"
        elif risk:
            text += '%s\t{"merchant":"%s","risk":%s,"note":"x"}\n' % (key, key, risk[0])
        else:
            text += f"{key}\tNULL\n"
    with open(h.file(h.name("rows"), text)) as f:
        h.broker("java", "kafka.tools.ConsoleProducer", "--bootstrap-server", h.broker.address,
                 "--topic", topic, "--property", "parse.key=true", "--property", "null.marker=NULL",
                 stdin=f)


class Run:
    """omen with its table, and payments by standard input."""

    def __init__(self, h, topic, rules, *more):
        self.h, self.n = h, 0
        self.omen = h.omen("run", rules, "--in", "payments=-", "--table", f"merchants=kafka:{topic}",
                           *h.kafka(), *more, stdin=subprocess.PIPE)

    def pay(self, merchant):
        """The alert's risk, or None. Each payment is matched before the next is made."""
        before = len(self.omen.alerts())
        self.n += 1
        self.omen.process.stdin.write(
            b'{"card":"c%d","at":%d,"merchant":"%s"}\n' % (self.n, self.n * 1000, merchant.encode()))
        self.omen.process.stdin.flush()
        wait_until("it is matched", lambda: self.omen.counters()["events"] == self.n)
        found = self.omen.alerts()[before:]
        return found[0]["data"]["emit"]["risk"] if found else None

    def becomes(self, merchant, risk):
        wait_until(f"{merchant} has {risk}", lambda: self.pay(merchant) == risk, pause=0.3)

    def counter(self, name):
        return self.omen.counters().get(name)


def test_a_table_from_a_topic(h):
    topic = h.name("merchants")
    h.broker.topic(topic, 3, "cleanup.policy=compact")
    rows(h, topic, "m1 0.7", "m2 0.1", "m3 0.9", "m3 0.8", "m4 0.6", "m4")
    run = Run(h, topic, h.file("r.rules", SHOP))
    found = [run.pay(m) for m in ("m1", "m2", "m3", "m4", "m5")]
    require(f"the first event finds its row: {found}", found == [0.7, None, 0.8, None, None])
    require("three rows", run.counter("table merchants") == 3)
    rows(h, topic, "m2 0.99", "m1", 'm3\t{"merchant":"m3","risk":"high"}',
         'm3\t{"merchant":"m4","risk":1}')
    run.becomes("m2", 0.99)
    run.becomes("m1", None)
    require("what is wrong leaves the row", run.pay("m3") == 0.8)
    require(f"and is said: {run.omen.err()}", "offset" in run.omen.err() and
            "the row stays as it was" in run.omen.err())
    require("and counted", "not taken 2 times" in run.omen.err())
    h.broker("kill")
    require("it goes on with what it has", run.pay("m2") == 0.99)
    h.broker("up")
    rows(h, topic, "m5 0.55")
    run.becomes("m5", 0.55)
    require(f"exit 0: {run.omen.err()}", run.omen.stop() == 0)


def test_a_topic_is_read_anew_where_a_reload_wants_more_of_it(h):
    topic = h.name("merchants")
    h.broker.topic(topic, 1, "cleanup.policy=compact")
    rows(h, topic, "m1 0.7", "m2 0.1")
    rules = h.file("r.rules", SHOP)
    run = Run(h, topic, rules)
    require("as it is", run.pay("m1") == 0.7)
    rules.write_text(SHOP.replace("> 0.5", "> 0.05 and merchants[merchant].note = \"x\"")
                     .replace("risk     : float", "risk     : float\n    note     : string"))
    run.omen.signal(signal.SIGHUP)
    wait_until("it is done", lambda: "reload: done" in run.omen.err())
    require("the new column is there", run.pay("m2") == 0.1)
    rows(h, topic, "m2 0.2")
    run.becomes("m2", 0.2)
    require(f"exit 0: {run.omen.err()}", run.omen.stop() == 0)


def test_a_topic_of_a_table_that_comes_later(h):
    topic = h.name("merchants")
    rules = h.file("r.rules", SHOP)
    run = Run(h, topic, rules)
    wait_until("it is said", lambda: "there is no such topic" in run.omen.err())
    h.broker.topic(topic, 1, "cleanup.policy=compact")
    rows(h, topic, "m1 0.7")
    run.becomes("m1", 0.7)
    require(f"exit 0: {run.omen.err()}", run.omen.stop() == 0)
    omen = h.omen("replay", rules, "--in", "payments=/dev/null", "--table", f"merchants=kafka:{topic}")
    require(f"a replay has no topic: {omen.err()}", omen.wait() == 2)


def test_what_a_table_refuses_is_a_dead_letter(h):
    """Before the first event more bytes of it than are held on their way, and while events come."""
    topic, dead = h.name("refused"), h.folder / "dead.ndjson"
    h.broker.topic(topic, 1)
    rows(h, topic, "m1 0.7", *('m2\t{"merchant":"m2","risk":"%s"}' % ("x" * 4000),) * 600, "m3 0.9")
    run = Run(h, topic, h.file("r.rules", SHOP), "--dead-letter", dead)
    found = [run.pay(m) for m in ("m1", "m2", "m3")]
    require(f"what is no row changes nothing: {found}", found == [0.7, None, 0.9])

    def letters():
        return [json.loads(line) for line in dead.read_text().splitlines()]
    wait_until("all that was refused is there", lambda: len(letters()) == 600)
    rows(h, topic, 'm1\t{"merchant":"m4","risk":1}')
    wait_until("the next comes without an event", lambda: len(letters()) == 601)
    first, last = letters()[0], letters()[-1]
    where = [(x["source"], x["stream"], x["partition"], x["offset"]) for x in (first, last)]
    require(f"{where}", where == [(f"kafka:{topic}", "merchants", 0, n) for n in (1, 602)])
    require(first["reason"], "expected a number for `risk`" in first["reason"])
    require(last["reason"], "key is m1, and its `merchant` is m4" in last["reason"])
    require("as it came", last["text"] == '{"merchant":"m4","risk":1}')
    require("the row stays", run.pay("m1") == 0.7)
    require("these are no events", run.counter("malformed") == 0)
    require(f"exit 0: {run.omen.err()}", run.omen.stop() == 0)
