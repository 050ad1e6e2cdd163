#!/usr/bin/env python3
"""For dial.sh. watch: print the milliseconds from each INVITE with an offer, by its Call-ID, to the first packet that
reaches the port of its picture. report [--json] WIRE LOG WIRE: median and 95th percentile."""
import json
import re
import signal
import socket
import statistics
import struct
import sys
import time


def watch():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    began, waits = set(), {}
    while True:
        p = s.recv(2048)
        now = time.monotonic()
        if len(p) < 28 or p[0] >> 4 != 4 or p[9] != 17:
            continue
        ip = (p[0] & 15) * 4
        to = p[16:20], struct.unpack("!H", p[ip + 2:ip + 4])[0]
        if to in waits:
            print(f"{(now - waits.pop(to)) * 1000:.2f}", flush=True)
        elif p[ip + 8:ip + 15] == b"INVITE ":
            text = p[ip + 8:].decode(errors="replace")
            ident = re.search(r"(?im)^call-id:\s*(\S+)", text).group(1)
            where = re.search(r"(?m)^c=IN IP4 (\S+)", text), re.search(r"(?m)^m=video (\d+)", text)
            if ident not in began and all(where):
                waits[socket.inet_aton(where[0].group(1)), int(where[1].group(1))] = now
                began.add(ident)


def wire(path):
    return [float(x) for x in open(path).read().split()[1:]]


def log(path):
    dialled, seen = {}, []
    for e in map(json.loads, open(path)):
        if e["ev"] == "call" and e["state"] == "dialing":
            dialled[e["call_id"]] = e["t"]
        if e["ev"] == "media" and e["what"] == "first_picture":
            seen.append((e["t"] - dialled.pop(e["call_id"])) * 1000)
    return seen


def report(as_json, ours, events, theirs):
    rows = {"visavis: INVITE to first packet of picture": wire(ours),
            "visavis: dial to first decoded picture": log(events),
            "baresip through Kamailio: INVITE to first packet": wire(theirs)}
    figures = {}
    for name, v in rows.items():
        p95 = statistics.quantiles(v, n=20, method="inclusive")[-1] if len(v) > 1 else v[0]
        figures[name] = {"calls": len(v), "median_ms": round(statistics.median(v), 1), "p95_ms": round(p95, 1)}
    if as_json:
        print(json.dumps(figures))
        return
    print(f"{'':50}{'calls':>8}{'median ms':>11}{'p95 ms':>10}")
    for name, f in figures.items():
        print(f"{name:50}{f['calls']:8}{f['median_ms']:11}{f['p95_ms']:10}")


if sys.argv[1] == "watch":
    watch()
else:
    report("--json" in sys.argv, *[a for a in sys.argv[2:] if a != "--json"])
