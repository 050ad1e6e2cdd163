#!/usr/bin/env python3
"""Hold samples (CSV on standard input) against what is known of the path: sla_samples.py TEST [ARG]"""
import csv
import sys

CLOSING, KERNEL, FAR = 1 << 9, 1 << 4 | 1 << 7, 1 << 1 | 1 << 2
v = [{k: int(x) for k, x in row.items()} for row in csv.DictReader(sys.stdin)]
sent = [s for s in v if not s["flags"] & CLOSING]


def made(kind):
    """The path that sla_answers.py makes; its numbers begin with 1, ours with 0."""
    assert len(sent) == 10 and len(v) == 13, len(v)
    assert [s["seq"] for s in v] == list(range(13))
    assert [s["arrival"] for s in sent] == [1, 2, 0, 3, 0, 4, 5, 8, 7, 9], [s["arrival"] for s in sent]
    assert [s["copies"] for s in sent] == [0] * 6 + [1] + [0] * 3
    if kind != "echo":
        # the answer that was lost on its way back was counted over there, the request that was lost was not
        assert [s["rseq"] for s in sent] == [1, 2, 0, 3, 0, 5, 6, 7, 8, 9], [s["rseq"] for s in sent]
    for s in sent:
        if s["arrival"] and kind == "us":
            assert s["t1"] <= s["t2"] + 10**5 and s["t2"] <= s["t3"] and s["t3"] <= s["t4"] + 10**5
        if s["arrival"]:
            assert abs(s["t4"] - s["t1"]) < 10**9 and (kind == "echo" or abs(s["t2"] - s["t1"]) < 10**9)
            # 32 bytes, or the head of the probe where that is longer; IPv4 or IPv6 and UDP
            assert s["bytes"] - (56 if kind == "us" else 32) in (28, 48), s


def echo():
    """An echo to a responder of our own: all come back, the far end tells nothing but by coming back."""
    assert len(sent) == 10 and all(s["arrival"] and not s["copies"] for s in v), v
    for s in sent:
        assert s["flags"] & KERNEL == KERNEL and not s["flags"] & FAR and not s["rseq"], s
        assert 0 < s["t4"] - s["t1"] < 10**9 and s["t2"] == s["t3"] == 0, s
        assert s["dscp_far"] == 255 and s["dscp_near"] == 0, s


def whole(dscp):
    """A path without loss to a responder of our own: every stamp the kernel's, the mark as it was asked for."""
    assert len(sent) > 5
    for s in sent:
        assert s["arrival"] and not s["copies"] and s["dscp_far"] == s["dscp_near"] == int(dscp), s
        assert s["rseq"] == s["seq"] + 1, s
    kernel = sum(s["flags"] & KERNEL == KERNEL for s in sent)
    assert kernel > len(sent) * 9 // 10, (kernel, len(sent))


globals()[sys.argv[1]](*[a for a in sys.argv[2:3] if a])
