#!/usr/bin/env python3
"""The samples' times against the wire: sla_stamps.py SAMPLES.csv AGENT.pcap RESPONDER.pcap RESPONDER-ADDRESS

Both captures have nanoseconds (tcpdump --time-stamp-precision=nano) and are of the two ends of one link. Prints how far
each of the four stamps is from the capture, in microseconds: median, 99th percentile, most.
"""
import csv
import json
import socket
import struct
import sys


def packets(path, far):
    """(away?, number, send time) -> time, of probes of version 2."""
    found = {}
    with open(path, "rb") as f:
        magic = f.read(24)[:4]
        assert magic == b"\x4d\x3c\xb2\xa1", "no nanosecond capture"
        while head := f.read(16):
            if len(head) < 16:
                break        # cut off where the capture was stopped
            s, ns, n, _ = struct.unpack("<IIII", head)
            p = f.read(n)[14:]
            if len(p) < 28 or p[0] >> 4 != 4 or p[9] != 17:
                continue
            udp = p[(p[0] & 15) * 4:]
            data = udp[8:]
            if data[:2] != b"\0\3" or len(data) < 60:
                continue
            # number and the time that the agent wrote: one packet, both ways
            key = (p[16:20] == far, data[52:56], data[4:12])
            found.setdefault(key, s * 10**9 + ns)
    return found


samples = [{k: int(v) for k, v in row.items()} for row in csv.DictReader(open(sys.argv[1]))]
far = socket.inet_aton(sys.argv[4])
near_wire, far_wire = packets(sys.argv[2], far), packets(sys.argv[3], far)
# streams have the same numbers: the sample's packet is the one nearest in time
by_seq = {}
for (away, seq, written), at in near_wire.items():
    if away:
        by_seq.setdefault(struct.unpack("!I", seq)[0], []).append((at, (seq, written)))
off = {"t1": [], "t2": [], "t3": [], "t4": []}
for s in samples:
    if not s["arrival"] or s["flags"] & 1 << 9 or s["seq"] not in by_seq:
        continue
    at, key = min(by_seq[s["seq"]], key=lambda x: abs(x[0] - s["t1"]))
    wires = near_wire.get((True, *key)), far_wire.get((True, *key)), far_wire.get((False, *key)), near_wire.get((False, *key))
    for name, wire in zip(off, wires):
        if wire:
            off[name].append(abs(s[name] - wire) / 1000)
out = {}
for name, v in off.items():
    v.sort()
    out[name] = {"n": len(v)}
    if v:
        out[name] |= {"p50_us": round(v[len(v) // 2], 1), "p99_us": round(v[len(v) * 99 // 100], 1), "max_us": round(v[-1], 1)}
print(json.dumps(out))
