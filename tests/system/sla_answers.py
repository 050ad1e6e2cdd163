#!/usr/bin/env python3
"""A responder of version 1 as a router is one, with a path of its own making: sla_answers.py IP KIND

The path: request 3 is lost there, the answer to 5 on the way back, 7 is doubled on the way back, 8 and 9 change
places on the way back. What came is written, for the test to compare. KIND deaf: control is not answered; echo
silent: control is, probes are not; liar: answers carry another's send time.
"""
import select
import struct
import sys
import time

from sla_peer import *

ip, kind = sys.argv[1:3]
c = udp(ip, CONTROL)
ports, held, count = {}, None, {}
print("ready", flush=True)
while True:
    for s in select.select([c, *ports.values()], [], [])[0]:
        data, who = s.recvfrom(4096)
        rx = time.time()
        if s is c:
            assert data[0] == 1 and len(data) == struct.unpack("!H", data[2:4])[0] == (52, 68)[":" in ip]
            port, = struct.unpack("!H", data[20:22] if ":" not in ip else data[32:34])
            assert v1_request(data[1], ip, port, struct.unpack("!H", data[22:24] if ":" not in ip else data[38:40])[0]) == data
            print("control", flush=True)
            if kind != "deaf":
                if port not in ports:
                    ports[port] = udp(ip, port)
                c.sendto(v1_reply(data), who)
            continue
        t, = struct.unpack("!H", data[:2])
        if kind == "silent":
            continue
        p = bytearray(data)
        at = {1: 4, 2: 12, 3: 52}[t]
        seq, = struct.unpack("!H", p[at:at + 2])
        if seq == 3:
            continue
        count[s] = count.get(s, 0) + 1
        if t == 2:
            p[8:12] = struct.pack("!I", int(rx * 1000) % 86400000)
            p[14:16] = struct.pack("!H", count[s])
        elif t == 3:
            p[12:20], p[20:28] = ntp(rx), ntp()
            p[54:56] = struct.pack("!H", count[s])
        if kind == "liar":
            p[4] ^= 1
        if seq == 5:
            continue
        if seq == 8:
            held = bytes(p)
            continue
        s.sendto(p, who)
        if seq == 7:
            s.sendto(p, who)
        if seq == 9 and held:
            s.sendto(held, who)
