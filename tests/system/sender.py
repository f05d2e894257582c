#!/usr/bin/python3
"""sender: one that feeds omen over ZeroMQ, by pyzmq, for the tests of the whole.

usage: sender.py push|pub ENDPOINT FILE [--bind] [--topic T]... [--hwm N]
                                        [--server-key=K --keys=PUBLIC,SECRET]

Sends the lines of a file, each as a message. A PUB begins when it has a subscriber for each of its
topics, which go round among the lines. What cannot be sent waits. Writes to standard output, a line
each: how many were taken so far, ten times a second as long as that number moves, and once when it
begins to stand still ("stands N"); at the end "sent N". Then it stays until it is killed: of a peer
that has left libzmq gives up what it did not read from the kernel by then. A line `!HEX HEX…` is a message of these frames as they are.
"""
import argparse
import signal
import time

import zmq

p = argparse.ArgumentParser()
p.add_argument("kind", choices=["push", "pub"])
p.add_argument("endpoint")
p.add_argument("file")
p.add_argument("--bind", action="store_true")
p.add_argument("--topic", action="append", default=[])
p.add_argument("--hwm", type=int, default=1000)
p.add_argument("--server-key")
p.add_argument("--keys")  # one word: a key may begin with a `-`
a = p.parse_args()

context = zmq.Context()
socket = context.socket(zmq.PUSH if a.kind == "push" else zmq.XPUB)
socket.sndhwm = a.hwm
if a.kind == "pub":
    socket.setsockopt(zmq.XPUB_NODROP, 1)  # the test wants to know what has gone
elif not a.bind:
    socket.immediate = 1
if a.keys:
    socket.curve_publickey, socket.curve_secretkey = (k.encode() for k in a.keys.split(","))
    socket.curve_serverkey = a.server_key.encode()
(socket.bind if a.bind else socket.connect)(a.endpoint)


def say(text):
    print(text, flush=True)


if a.kind == "pub":
    for _ in a.topic[:1] or [""]:
        socket.recv()  # a subscription

sent, said, stands = 0, time.monotonic(), False
with open(a.file, "rb") as lines:
    for line in lines:
        line = line.rstrip(b"\n")
        if line.startswith(b"!"):
            frames = [bytes.fromhex(x.decode()) for x in line[1:].split(b" ")]
        elif a.topic:
            frames = [a.topic[sent % len(a.topic)].encode(), line]
        else:
            frames = [line]
        while True:
            try:
                socket.send_multipart(frames, zmq.DONTWAIT)
                stands = False
                break
            except zmq.Again:
                if not socket.poll(500, zmq.POLLOUT) and not stands:
                    stands = True
                    say(f"stands {sent}")
        sent += 1
        if time.monotonic() - said > 0.1:
            said = time.monotonic()
            say(f"{sent}")
say(f"sent {sent}")
signal.pause()
