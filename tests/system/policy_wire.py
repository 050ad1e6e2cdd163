#!/usr/bin/env python3
"""Packets for policy_nft.sh.

serve ADDR udp:PORT|tcp:PORT|tftp ...  answer what arrives; prints "ready"
ask udp|tcp SRC SPORT DST DPORT        0 answered, 1 silence, 2 refused
tftp SRC SPORT DST FILE                fetch one block; 0 when it came
ack SRC SPORT DST DPORT                a TCP segment of no connection; 1
"""
import errno
import select
import socket
import struct
import sys


def sock(kind, addr, port):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    s = socket.socket(family, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, port))
    return s


def answer_tftp(s, addr):
    """One block, from a port of our own choice (RFC 1350)."""
    _, peer = s.recvfrom(2000)
    with sock(socket.SOCK_DGRAM, addr, 0) as t:
        t.sendto(b"\0\3\0\1block", peer)
        select.select([t], [], [], 2)


def serve(addr, what):
    listeners = {}
    for w in what:
        name, _, port = w.partition(":")
        if name == "tcp":
            s = sock(socket.SOCK_STREAM, addr, int(port))
            s.listen()
        else:
            s = sock(socket.SOCK_DGRAM, addr, 69 if name == "tftp" else int(port))
        listeners[s] = name
    print("ready", flush=True)
    while True:
        for s in select.select(list(listeners), [], [])[0]:
            if listeners[s] == "tftp":
                answer_tftp(s, addr)
            elif listeners[s] == "udp":
                s.sendto(*s.recvfrom(2000))
            else:
                c, _ = s.accept()
                c.sendall(c.recv(100))
                c.close()


def ask(kind, src, sport, dst, dport):
    s = sock(socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM, src, sport)
    s.settimeout(0.7)
    try:
        s.connect((dst, dport))
        s.sendall(b"hello")
        return 0 if s.recv(100) == b"hello" else 1
    except socket.timeout:
        return 1
    except OSError as e:
        return 2 if e.errno == errno.ECONNREFUSED else 1


def tftp(src, sport, dst, name):
    s = sock(socket.SOCK_DGRAM, src, sport)
    s.settimeout(1)
    s.sendto(b"\0\1" + name.encode() + b"\0octet\0", (dst, 69))
    try:
        data, peer = s.recvfrom(2000)
    except socket.timeout:
        return 1
    s.sendto(b"\0\4\0\1", peer)
    return 0 if data.endswith(b"block") else 1


def ack(src, sport, dst, dport):
    """A lone ACK over IPv4, with a checksum that is right."""
    def segment(checksum):
        return struct.pack("!HHIIBBHHH", sport, dport, 1, 1, 0x50, 0x10, 1000, checksum, 0)
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 6, 20)
    total = sum(struct.unpack("!16H", pseudo + segment(0)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    s.bind((src, 0))
    s.sendto(segment(~total & 0xffff), (dst, 0))
    return 1


def main(a):
    if a[0] == "serve":
        serve(a[1], a[2:])
    if a[0] == "ask":
        return ask(a[1], a[2], int(a[3]), a[4], int(a[5]))
    if a[0] == "ack":
        return ack(a[1], int(a[2]), a[3], int(a[4]))
    return tftp(a[1], int(a[2]), a[3], a[4])


sys.exit(main(sys.argv[1:]))
