"""harness: what the tests of the whole share: a broker, omen as a process, readers of its alerts.

Every process that is started is ended, whatever happens. Files live in one folder that is removed.
A test is a function test_*(h) of a file of its own (run.sh); it raises Failure, or anything else, to
fail. Nothing here knows how omen is made: it is run as an operator runs it.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Failure(Exception):
    pass


def require(what, condition):
    if not condition:
        raise Failure(what)


class Broker:
    """tests/system/broker, with a home that outlives the run: the jars are brought once."""

    def __init__(self):
        self.port = int(os.environ.setdefault("OMEN_BROKER_PORT", "19092"))
        self.home = Path(os.environ.setdefault("OMEN_BROKER_HOME", str(ROOT / "build/kafka")))
        self.address = f"127.0.0.1:{self.port}"
        self.tls_address = f"127.0.0.1:{self.port + 2}"

    def __call__(self, *arguments, stdin=None, timeout=180):
        command = [str(HERE / "broker"), *map(str, arguments)]
        # A group of its own: where it takes too long, the JVM below it ends as well.
        with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, start_new_session=True) as p:
            try:
                out, err = p.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                raise Failure(f"broker {arguments[0]} took more than {timeout} s")
        if p.returncode:
            raise Failure(f"broker {arguments[0]}: {err.strip()[-500:]}")
        return out

    def password(self):
        return (self.home / "password").read_text().strip()

    def topic(self, name, partitions, *settings):
        self("topic", name, partitions, *settings)

    def produce(self, topic, path):
        with open(path) as lines:
            self("produce", topic, stdin=lines)

    def consume(self, topic, n):
        return [json.loads(line) for line in self("consume", topic, n).splitlines()]


class Process:
    """A program in the background; its output is in files."""

    def __init__(self, name, command, folder, env=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.out_path = folder / f"{name}.out"
        self.err_path = folder / f"{name}.err"
        self.process = subprocess.Popen(
            [str(c) for c in command], stdin=stdin, stdout=open(self.out_path, "wb"),
            stderr=open(self.err_path, "wb"), env={**os.environ, **(env or {})})

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def out(self):
        return self.out_path.read_text()

    def err(self):
        return self.err_path.read_text()

    def alerts(self):
        return [json.loads(line) for line in self.out().splitlines()]

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=120):
        """Its exit code."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {timeout} s; it said\n{self.err()[-2000:]}")

    def stop(self, timeout=60):
        if self.alive():
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def memory_kib(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def hears(self):
        """Signals of those who ask do not end it any more."""
        require(f"{self.name} is alive: {self.err()[-500:]}", self.alive())
        status = Path(f"/proc/{self.pid}/status").read_text()
        blocked = re.search(r"SigBlk:\s+(\w+)", status)
        return blocked and int(blocked.group(1), 16) >> (signal.SIGUSR1 - 1) & 1

    def counters(self):
        """The counters that SIGUSR1 prints, by name, of a text log."""
        wait_until(f"{self.name} is alive, and has got as far as main", self.hears, 20, 0.01)
        before = len(self.err())
        self.signal(signal.SIGUSR1)
        wait_until("counters are printed", lambda: "memory" in self.err()[before:], 20)
        return parse_counters(self.err()[before:])


def parse_counters(text):
    found = {}
    for line in text.splitlines():
        m = re.match(r"\s*(\S.*?)\s{2,}([\d,]+)", line)
        if m:
            found[m.group(1)] = int(m.group(2).replace(",", ""))
    return found


def wait_until(what, condition, timeout=60, pause=0.05):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise Failure(f"within {timeout} s it did not come to this: {what}")


class Harness:
    numbers = {}  # of names, of all tests: they share the broker

    def __init__(self, omen):
        self.omen_path = omen
        self.folder = Path(tempfile.mkdtemp(prefix="omen-system-"))
        self.broker = Broker()
        self.processes = []

    def close(self):
        for p in reversed(self.processes):
            if p.alive():
                p.process.kill()
                p.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def name(self, what):
        """A name that nothing else has, in the broker either."""
        self.numbers[what] = self.numbers.get(what, 0) + 1
        return f"{what}-{os.getpid()}-{self.numbers[what]}"

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, what, command, **more):
        p = Process(self.name(what), command, self.folder, **more)
        self.processes.append(p)
        return p

    def omen(self, *arguments, env=None, stdin=subprocess.DEVNULL):
        return self.start("omen", [self.omen_path, *arguments], env=env, stdin=stdin)

    def kafka(self, group=None):
        """What omen needs to reach the broker in the clear."""
        return ["--kafka", f"bootstrap.servers={self.broker.address}",
                "--kafka", f"group.id={group or self.name('group')}"]

    def client(self, kind, endpoint, n, *more):
        return self.start(f"client-{kind}", [sys.executable, HERE / "clients.py", kind, endpoint, n,
                                             *more])

    def sender(self, kind, endpoint, path, *more):
        return self.start(f"sender-{kind}", [sys.executable, HERE / "sender.py", kind, endpoint, path,
                                             *more])

    def replay(self, *arguments):
        """The alerts of a replay, which has to work."""
        p = self.omen("replay", *arguments, "--quiet")
        require(f"a replay works: {p.err()}", p.wait() == 0)
        return p.alerts()


def summary(alert):
    """What does not depend on where the events came from."""
    d = alert["data"]
    return (alert["id"], alert["type"], d["rule"], json.dumps(d["key"]), d["start"], d["end"],
            json.dumps(d["emit"]))


def same_alerts(what, found, wanted):
    """As sets, each once."""
    a, b = sorted(map(summary, found)), sorted(map(summary, wanted))
    if a == b:
        return
    came, due = set(a), set(b)
    missing, more = [x for x in b if x not in came], [x for x in a if x not in due]
    repeated = len(a) - len(came)
    raise Failure(f"{what}: {len(found)} alerts came, {len(wanted)} were wanted; {len(missing)} are "
                  f"missing, {len(more)} are too many, {repeated} are there twice\n"
                  f"    missing {missing[:2]}\n    too many {more[:2]}")


def run(tests, omen):
    """Runs functions; prints what failed and the closing line; gives the exit code."""
    passed = failed = 0
    for test in tests:
        h = Harness(omen)
        began = time.monotonic()
        try:
            test(h)
            passed += 1
            print(f"{test.__name__[5:]}: fine ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception as e:  # whatever it is, the next test runs
            failed += 1
            print(f"{test.__name__[5:]}: FAILED: {type(e).__name__ if not isinstance(e, Failure) else ''}"
                  f" {e}", flush=True)
            for p in h.processes:
                if p.name.startswith("omen"):
                    print(f"    {p.name} said: {p.err()[-1500:]}", flush=True)
        finally:
            h.close()
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0
