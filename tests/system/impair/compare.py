#!/usr/bin/env python3
"""Hold what two peers saw against what the forwarder says it did.

  compare.py RECORD ASKED ANSWERED TOLERANCE_MS

Counts and order must be exact. Delays by the peers' kernel stamps may differ from those of the record by
TOLERANCE_MS in 99 of 100 packets. Prints figures; exits 1 on a difference.
"""
import collections
import json
import sys

record, asked, answered = sys.argv[1:4]
tolerance = float(sys.argv[4])
lines = [json.loads(line) for line in open(record)]
rows, sums = lines[1:-1], lines[-1]
asked, answered = json.load(open(asked)), json.load(open(answered))
wrong = []


def want(what, is_, should):
    if is_ != should:
        wrong.append(f"{what}: {is_}, the record says {should}")


def passings(d, left):
    """What the record has come out: (time, packet's number), and how many were sent into it."""
    v = [r for r in rows if r["dir"] == d]
    want(f"{d}: packets in", len(left), len(v))
    out = []
    for r, sent in zip(v, left):
        if r["did"] != "sent":
            continue
        out.append((r["rx_ns"] + r["given_ns"], sent["seq"], r["given_ns"], sent["tx"]))
        if r.get("copied"):
            out.append((r["rx_ns"] + r["copy_given_ns"], sent["seq"], r["copy_given_ns"], sent["tx"]))
    return v, sorted(out)


def late(seqs):
    """Packets that come after one with a higher number, first copies only."""
    highest, seen, n = -1, set(), 0
    for q in seqs:
        if q not in seen and q < highest:
            n += 1
        seen.add(q)
        highest = max(highest, q)
    return n


def direction(d, left, came):
    v, out = passings(d, left)
    seqs = [p["seq"] for p in came]
    want(f"{d}: packets out, each as often", collections.Counter(seqs), collections.Counter(o[1] for o in out))
    want(f"{d}: order", seqs, [o[1] for o in out])
    want(f"{d}: out of order", late(seqs), late([o[1] for o in out]))
    lost = sum(r["did"] == "lost" for r in v)
    want(f"{d}: lost", len(left) - len(set(seqs)) if d == "forward" else lost, lost)
    errors = sorted(abs(p["rx"] - o[3] - o[2]) / 1e6 for p, o in zip(came, out) if p["rx"] and o[3])
    early = [r for r in v if "given_ns" in r and r["given_ns"] < r["asked_ns"] - 1000]
    want(f"{d}: packets that left before their time", len(early), 0)
    if not errors:
        wrong.append(f"{d}: nothing came with its times")
        return
    p99 = errors[min(len(errors) - 1, int(len(errors) * 0.99))]
    print(f"{d}: {len(v)} in, {len(seqs)} out, {lost} lost, {late(seqs)} out of order; delay differs by "
          f"{errors[len(errors) // 2]:.3f} ms in half, {p99:.3f} ms at 99 in 100, {errors[-1]:.3f} ms at most")
    if p99 > tolerance:
        wrong.append(f"{d}: delays differ by {p99:.3f} ms at 99 in 100")


direction("forward", asked["left"], answered["came"])
direction("back", answered["left"], asked["came"])
want("frames missed", sums["missed"], 0)
print(f"late: mean {sums['error']['mean_ns'] / 1000:.1f} us, most {sums['error']['max_ns'] / 1000:.1f} us")
for w in wrong:
    print(f"WRONG {w}"[:300])
sys.exit(1 if wrong else 0)
