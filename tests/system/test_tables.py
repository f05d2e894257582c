"""test_tables: a table from a compacted topic, at a real broker: rows are there before the first
event, changes take effect while omen runs, what is malformed changes nothing, and a broker that is
killed is waited for. Nothing is waited for by the clock: the counters say when a change is there.
"""
import json
import os
import re
import signal

from harness import require, wait_until

RULES = """
stream payments { card : string  at : time event  merchant : string }
table merchants { merchant : string  risk : float } key merchant
rule seen {
    on    payments by card
    match a
    where a: any
    emit  risk: merchants[a.merchant].risk
}
"""


class Shop:
    """omen with a table from a topic and payments from a pipe; one alert for each payment."""

    def __init__(self, h, name, partitions=2):
        self.h, self.paid = h, 0
        self.topic = h.name(f"merchants-{name}")
        self.partitions = partitions
        self.out, self.dead = h.folder / "out.ndjson", h.folder / "dead.ndjson"
        self.rules = h.file("shop.rules", RULES)

    def make_topic(self):
        self.h.broker.topic(self.topic, self.partitions, "cleanup.policy=compact")

    def start(self):
        ours, self.tills = os.pipe()
        self.omen = self.h.omen("run", self.rules, "--in", "payments=-", "--table",
                                f"merchants=kafka:{self.topic}", *self.h.kafka(), "--out", self.out,
                                "--dead-letter", self.dead, stdin=ours)
        os.close(ours)

    def put(self, *rows):
        """Each a key and its risk; None: a tombstone; or a key and a text."""
        lines = []
        for key, value in rows:
            if value is None:
                text = "NULL"
            elif isinstance(value, str):
                text = value
            else:
                text = json.dumps({"merchant": key, "risk": value, "note": "not used"})
            lines.append(f"{key}\t{text}\n")
        path = self.h.file("rows", "".join(lines))
        with open(path) as f:
            self.h.broker("java", "kafka.tools.ConsoleProducer", "--bootstrap-server",
                          self.h.broker.address, "--topic", self.topic, "--property",
                          "parse.key=true", "--property", "null.marker=NULL", stdin=f)

    def wait_rows(self, n):
        wait_until(f"the table has {n} rows",
                   lambda: self.omen.counters().get("table merchants") == n, 60, 0.1)

    def wait_said(self, pattern):
        def said():
            self.omen.counters()
            return re.search(pattern, self.omen.err())
        wait_until(f"omen says {pattern}", said, 60, 0.1)

    def pay(self, merchant):
        self.paid += 1
        line = json.dumps({"card": f"c{self.paid}", "at": self.paid, "merchant": merchant})
        os.write(self.tills, f"{line}\n".encode())

    def risks(self, *merchants):
        """What the rule finds for payments there."""
        for m in merchants:
            self.pay(m)
        wait_until("every payment has its alert", lambda: self.out.exists() and
                   self.out.read_text().count("\n") == self.paid, 60)
        alerts = [json.loads(x) for x in self.out.read_text().splitlines()]
        return [a["data"]["emit"]["risk"] for a in alerts[-len(merchants):]]

    def stop(self):
        require(f"exit 0: {self.omen.err()}", self.omen.stop() == 0)


def test_tables_from_a_topic(h):
    shop = Shop(h, "changes")
    shop.make_topic()
    shop.put(("m1", 0.1), ("m2", 0.2), ("m1", 0.3), ("m3", 0.4), ("m3", None))
    shop.start()
    require("the first event finds its row, the newest of each key",
            shop.risks("m1", "m2", "m3", "m4") == [0.3, 0.2, None, None])
    shop.put(("m4", 0.4))
    shop.wait_rows(3)
    require("a row that came later", shop.risks("m4", "m1") == [0.4, 0.3])
    shop.put(("m1", 0.9), ("m2", None))
    shop.wait_rows(2)
    require("an update and a tombstone", shop.risks("m1", "m2", "m4") == [0.9, None, 0.4])
    shop.put(("m1", '{"merchant":"m1","risk":"high"}'), ("m4", '{"merchant":"m5","risk":1}'),
             ("m6", 0.6))
    shop.wait_rows(3)
    shop.wait_said(r"table merchants\s+3  rows;.* 2 messages not taken")
    require("old rows stay", shop.risks("m1", "m4", "m5", "m6") == [0.9, 0.4, None, 0.6])
    shop.stop()
    letters = [json.loads(x) for x in shop.dead.read_text().splitlines()]
    require(f"two letters: {letters}", len(letters) == 2 and all(
        x["source"] == f"kafka:{shop.topic}" and x["stream"] == "merchants" for x in letters))
    reasons = sorted(x["reason"] for x in letters)
    require(reasons, "expected a number for `risk`" in reasons[0] and
            reasons[1] == "the message's key is m4, and its `merchant` is m5")
    require("the log says so", "--table merchants: kafka:" in shop.omen.err())


def test_tables_wait_for_the_topic(h):
    """There is no topic when omen starts, nor is an event matched before there is one."""
    shop = Shop(h, "late", partitions=1)
    shop.start()
    wait_until("omen waits", lambda: "there is no such topic" in shop.omen.err())
    shop.pay("m1")
    require("no alert", not shop.out.read_text())
    shop.make_topic()
    require("an empty table", shop.risks("m1") == [None])
    shop.put(("m1", 0.5))
    shop.wait_rows(1)
    require("and a row", shop.risks("m1") == [0.5])
    shop.stop()


def test_tables_stop_while_they_wait(h):
    shop = Shop(h, "never")
    shop.start()
    wait_until("omen waits", lambda: "there is no such topic" in shop.omen.err())
    shop.pay("m1")
    shop.stop()
    require("no event was matched without its table", not shop.out.read_text())


def test_tables_outlive_the_broker(h):
    shop = Shop(h, "outage")
    shop.make_topic()
    shop.put(("m1", 0.1), ("m2", 0.2))
    shop.start()
    require("rows", shop.risks("m1", "m2") == [0.1, 0.2])
    h.broker("kill")
    require("the rows that there are", shop.risks("m1", "m2") == [0.1, 0.2])
    h.broker("up")
    shop.put(("m1", 0.7), ("m3", 0.3), ("m2", None), ("m4", 0.4))
    shop.wait_rows(3)
    require("it goes on", shop.risks("m1", "m2", "m3", "m4") == [0.7, None, 0.3, 0.4])
    shop.stop()


def test_tables_and_other_rules(h):
    """A reload keeps what was read; for other columns the topic is read again."""
    shop = Shop(h, "reload")
    shop.make_topic()
    shop.put(("m1", 0.1), ("m2", 0.2))
    shop.start()
    require("rows", shop.risks("m1") == [0.1])
    shop.rules.write_text(RULES + "\nrule more { on payments by card match a where a: merchant == \"-\" }\n")
    shop.omen.signal(signal.SIGHUP)
    wait_until("other rules", lambda: "reload: done, rules: 2" in shop.omen.err())
    shop.put(("m1", 0.5), ("m3", 0.3))
    shop.wait_rows(3)
    require("kept, and followed", shop.risks("m1", "m2", "m3") == [0.5, 0.2, 0.3])
    shop.rules.write_text(RULES.replace("risk : float", "risk : float  note : string")
                          .replace("any", "merchants[merchant].note is not null"))
    shop.omen.signal(signal.SIGHUP)
    wait_until("other columns", lambda: "reload: done, rules: 1" in shop.omen.err())
    require("read again, with them", shop.risks("m1", "m3") == [0.5, 0.3])
    shop.put(("m1", 0.6), ("m4", 0.4))
    shop.wait_rows(4)
    require("and followed", shop.risks("m1", "m4") == [0.6, 0.4])
    shop.stop()
