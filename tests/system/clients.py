#!/usr/bin/python3
"""clients: readers of omen's alerts over ZeroMQ, by pyzmq, for the tests of the whole.

usage: clients.py pull|sub|ack ENDPOINT N [--sleep-after M SECONDS] [--pause-after M] [--die-after M]
                                          [--server-key K --keys PUBLIC SECRET]

Says "connected" on standard error once it is; prints the payloads of N alerts, a line each, and
ends. --sleep-after: reads no more for a while after M of them. --pause-after: reads no more after
M, until SIGUSR1 comes; what it prints is there at once. --die-after: ends at once after M, without
a word to the other side.
"""
import argparse
import signal
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

p = argparse.ArgumentParser()
p.add_argument("kind", choices=["pull", "sub", "ack"])
p.add_argument("endpoint")
p.add_argument("n", type=int)
p.add_argument("--sleep-after", nargs=2, type=float, default=None)
p.add_argument("--pause-after", type=int, default=None)
p.add_argument("--die-after", type=int, default=None)
p.add_argument("--ack-every", type=int, default=100)
p.add_argument("--hwm", type=int, default=1000)
p.add_argument("--timeout", type=float, default=120)
p.add_argument("--server-key")
p.add_argument("--keys", nargs=2)
p.add_argument("--latency", help="file for seconds from data.end to receipt, a line each")
a = p.parse_args()
if a.pause_after is not None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

context = zmq.Context()
socket = context.socket({"pull": zmq.PULL, "sub": zmq.SUB, "ack": zmq.DEALER}[a.kind])
socket.rcvhwm = a.hwm
socket.linger = 0
socket.rcvtimeo = int(a.timeout * 1000)
if a.server_key:
    socket.curve_serverkey = a.server_key.encode()
    socket.curve_publickey, socket.curve_secretkey = (k.encode() for k in a.keys)
if a.kind == "sub":
    socket.subscribe(b"")
monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
monitor.rcvtimeo = socket.rcvtimeo
socket.connect(a.endpoint)
try:
    recv_monitor_message(monitor)
    print("connected", file=sys.stderr, flush=True)
except zmq.Again:
    sys.exit(f"clients: no connection within {a.timeout} s")
socket.disable_monitor()
if a.kind == "ack":
    socket.send(b"hello")

out = sys.stdout.buffer
number = b"0"
latency = open(a.latency, "w") if a.latency else None
try:
    for i in range(a.n):
        if a.pause_after == i:
            signal.sigwait({signal.SIGUSR1})
        frames = socket.recv_multipart()
        if latency:
            latency.write("%.9f\n" % time.time())
        out.write(frames[-1] + b"\n")
        if a.pause_after is not None:
            out.flush()
        if a.kind == "ack":
            number = frames[1]
            if (i + 1) % a.ack_every == 0 or i + 1 == a.n:
                socket.send_multipart([b"ack", number])
        if a.die_after is not None and i + 1 == a.die_after:
            out.flush()
            sys.exit(0)
        if a.sleep_after and i + 1 == int(a.sleep_after[0]):
            time.sleep(a.sleep_after[1])
except zmq.Again:
    out.flush()
    print(f"clients: {i} of {a.n} came within {a.timeout} s", file=sys.stderr)
    sys.exit(1)
out.flush()
if a.kind == "ack":
    time.sleep(0.3)  # the last acknowledgement goes out
