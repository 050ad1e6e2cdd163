#!/usr/bin/env python3
"""Two ends of a path, to see what an impairing forwarder does between them.

  peer.py answer ADDRESS PORT OUT            answer what comes until stdin ends
  peer.py ask ADDRESS PORT TO OUT N MS DSCP  send N packets, MS apart, and hear the answers

OUT is JSON: each packet with its number (answers have one of their own too), when it left and when it came, nanoseconds of CLOCK_REALTIME.
"""
import json
import select
import struct
import sys
import time

from stamped import Stamped

QUIET = 1.5     # seconds without a packet after the last one: no more will come


def answer(address, port, out):
    s = Stamped(address, int(port))
    came, sent = [], []
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([s, sys.stdin], [], [])
        for data, sender, dscp, rx in s.receive():
            seq = struct.unpack("!I", data[:4])[0]
            came.append({"seq": seq, "rx": rx, "dscp": dscp})
            s.s.sendto(data[:4] + struct.pack("!I", len(sent)) + data[8:], sender)
            sent.append(seq)
        s.departures()
        if sys.stdin in readable:
            break
    s.departures()
    json.dump({"came": came, "left": [{"seq": q, "tx": s.left.get(i)} for i, q in enumerate(sent)]},
              open(out, "w"))


def ask(address, port, to, out, n, ms, dscp):
    s = Stamped(address, 0, int(dscp))
    s.s.connect((to, int(port)))
    came = []
    due, sent, last = time.monotonic(), 0, time.monotonic()
    while sent < int(n) or time.monotonic() - last < QUIET:
        now = time.monotonic()
        if sent < int(n) and now >= due:
            s.s.send(struct.pack("!I", sent) + bytes(60))
            sent += 1
            due, last = due + float(ms) / 1000, now
        wait = max(0, due - time.monotonic()) if sent < int(n) else 0.1
        if select.select([s], [], [], wait)[0]:
            for data, _, seen, rx in s.receive():
                seq, answer_n = struct.unpack("!II", data[:8])
                came.append({"seq": seq, "answer": answer_n, "rx": rx, "dscp": seen})
                last = time.monotonic()
            s.departures()
    json.dump({"came": came, "left": [{"seq": i, "tx": s.left.get(i)} for i in range(sent)]}, open(out, "w"))


if __name__ == "__main__":
    {"answer": answer, "ask": ask}[sys.argv[1]](*sys.argv[2:])
