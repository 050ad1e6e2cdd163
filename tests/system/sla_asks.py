#!/usr/bin/env python3
"""Ask a responder all that a sender may and may not: sla_asks.py TEST IP ..."""
import random
import socket
import struct
import sys
import time

from sla_peer import *

ME, OTHER = "127.1.0.10", "127.1.0.11"
KEY = b"a-shared-secret"


def v1(ip, me):
    c = udp(me)
    for ident, (port, kind) in enumerate([(16384, "ms"), (32768, "us"), (20000, "echo")], 200):
        req = v1_request(ident, ip, port, 3000)
        assert ask(c, req, (ip, CONTROL)) == v1_reply(req), kind
        s = udp(me)
        for i in range(1, 20):
            probe = {"ms": v1_ms, "us": v1_us}.get(kind, lambda n: b"\0\1" + bytes(40))(i)
            before, answer, after = time.time(), ask(s, probe, (ip, port)), time.time()
            assert len(answer) == len(probe)
            if kind == "echo":
                assert answer == probe
            elif kind == "ms":
                rx, seq, rseq = struct.unpack("!IHH", answer[8:16])
                assert (seq, rseq) == (i, i) and answer[:8] == probe[:8] and answer[16:] == probe[16:]
                assert before * 1000 % 86400000 - 2 <= rx <= after * 1000 % 86400000 + 1, (before, rx, after)
            else:
                seq, rseq = struct.unpack("!HH", answer[52:56])
                assert (seq, rseq) == (i, i) and answer[:12] == probe[:12] and answer[56:] == probe[56:]
                assert before - 1e-3 <= unntp(answer[12:20]) <= unntp(answer[20:28]) <= after + 1e-3
    # outside the row, too long, none: silence, since no other answer is known
    for port, ms in ((16383, 1000), (32769, 1000), (0, 1000), (17000, 0)):
        assert ask(c, v1_request(9, ip, port, ms), (ip, CONTROL), 0.3) is None, port


def v2(ip, me):
    c, s = udp(me), udp(me)
    sport = s.getsockname()[1]
    req = v2_request(1, me, sport, ip, 18000, 3000)
    answer = ask(c, req, (ip, CONTROL))
    status, seq, parts = v2_parse(answer)
    assert (status, seq) == (0, 1) and [(p[0], p[1]) for p in parts] == [(1, 0), (2, 0)]
    assert parts[1][3][8:] == req[32 + 8:], "the measurement is reflected"
    assert abs(unntp(answer[12:20]) - time.time()) < 1
    for i in range(20):
        probe = v2_probe(i)
        answer = ask(s, probe, (ip, 18000))
        assert answer[:12] == probe[:12] and answer[28:44] == probe[28:44] and answer[60:] == probe[60:]
        assert unntp(answer[12:20]) <= unntp(answer[20:28]) + 1e-6
        assert struct.unpack("!II", answer[52:60]) == (i, i + 1)
    # its port of our own choice; a retry; the same anew: the count begins again
    answer = ask(c, v2_request(2, me, sport, ip, 0, 3000), (ip, CONTROL))
    port = struct.unpack("!H", v2_parse(answer)[2][1][3][86:88])[0]
    assert 16384 <= port <= 32768 and ask(s, v2_probe(0), (ip, port))
    again = ask(c, v2_request(2, me, sport, ip, 0, 3000), (ip, CONTROL))
    assert struct.unpack("!H", v2_parse(again)[2][1][3][86:88])[0] == port
    assert v2_parse(ask(c, v2_request(3, me, sport, ip, 18000, 3000), (ip, CONTROL)))[0] == 0
    assert struct.unpack("!I", ask(s, v2_probe(0), (ip, 18000))[56:60])[0] == 1
    # two senders on one port, each with its own count
    if ":" not in ip:
        c2, s2 = udp(OTHER), udp(OTHER)
        assert v2_parse(ask(c2, v2_request(3, OTHER, s2.getsockname()[1], ip, 18000, 3000), (ip, CONTROL)))[0] == 0
        assert struct.unpack("!I", ask(s2, v2_probe(9), (ip, 18000))[56:60])[0] == 1
        assert struct.unpack("!I", ask(s, v2_probe(1), (ip, 18000))[56:60])[0] == 2


def refused(ip):
    c = udp(ME)

    def status(request):
        st, _, parts = v2_parse(ask(c, request, (ip, CONTROL)))
        return st, [p[1] for p in parts]

    assert status(v2_request(1, ME, 5000, ip, 16383, 1000)) == (1, [0, 1])
    assert status(v2_request(2, ME, 5000, ip, 17001, 10**9)) == (1, [0, 1])
    assert status(v2_request(3, ME, 5000, ip, 17001, 0)) == (1, [0, 1])
    # of somebody else on this machine: 4 in the CSLD, which the header has no word for
    taken = udp(ip, 17002)
    assert status(v2_request(4, ME, 5000, ip, 17002, 1000)) == (1, [0, 4])
    taken.close()
    # a part that nobody knows, after the two that all do
    req = v2_request(5, ME, 5000, ip, 17001, 1000) + struct.pack("!HHI", 99, 0, 8)
    req = req[:8] + struct.pack("!I", len(req)) + req[12:]
    assert status(req)[0] == 3
    for bad in (req[:-1], req + b"\0", req[:19], b"", b"\2", b"\3" + req[1:], bytes(4000)):
        c.sendto(bad, (ip, CONTROL))
    assert ask(c, b"\0", (ip, CONTROL), 0.3) is None


def closes(ip):
    c, s = udp(ME), udp(ME)
    req = v2_request(1, ME, s.getsockname()[1], ip, 19000, 700)
    assert v2_parse(ask(c, req, (ip, CONTROL)))[0] == 0
    begun = time.monotonic()
    assert ask(s, v2_probe(0), (ip, 19000))
    while ask(s, v2_probe(1), (ip, 19000), 0.2):
        assert time.monotonic() - begun < 5, "the port stays open"
    assert time.monotonic() - begun > 0.5
    # nobody listens any more: the kernel says so
    deadline = time.monotonic() + 5
    s.connect((ip, 19000))
    while time.monotonic() < deadline:
        try:
            s.send(b"x")
            time.sleep(0.02)
        except ConnectionRefusedError:
            return
    raise AssertionError("the socket is still there")


def others(ip):
    """A port is its asker's: other addresses, other ports of the same, sources that are made up."""
    from scapy.all import IP, UDP, Raw, conf, L3RawSocket
    conf.verb = 0
    conf.L3socket = L3RawSocket
    from scapy.all import send
    c, s = udp(ME), udp(ME)
    sport = s.getsockname()[1]
    victim = udp("127.1.0.99", 7777)
    victim.settimeout(0.3)
    assert v2_parse(ask(c, v2_request(1, ME, sport, ip, 19500, 5000), (ip, CONTROL)))[0] == 0
    assert ask(udp(OTHER), v2_probe(0), (ip, 19500), 0.3) is None
    assert ask(udp(ME), v2_probe(0), (ip, 19500), 0.3) is None
    send(IP(src="127.1.0.99", dst=ip) / UDP(sport=7777, dport=19500) / Raw(v2_probe(0)))
    try:
        victim.recvfrom(4096)
        raise AssertionError("an answer to somebody who did not ask")
    except TimeoutError:
        pass
    # whoever makes a source up gets that source no more than what he sent
    req = v2_request(9, "127.1.0.99", 7777, ip, 0, 1000)
    send(IP(src="127.1.0.99", dst=ip) / UDP(sport=7777, dport=CONTROL) / Raw(req))
    victim.settimeout(5)
    assert len(victim.recvfrom(4096)[0]) <= len(req)
    assert ask(s, v2_probe(0), (ip, 19500))


def keys(ip):
    c = udp(ME)

    def status(request, timeout=5.0):
        answer = ask(c, request, (ip, CONTROL), timeout)
        return answer and v2_parse(answer)[0]

    good = v2_request(1, ME, 5000, ip, 16500, 2000, KEY, 2, 7)
    answer = ask(c, good, (ip, CONTROL))
    assert v2_parse(answer)[0] == 0 and answer[48:80] == v2_digest(answer, KEY, 2) and answer[32:48] == good[32:48]
    assert status(v2_request(2, ME, 5000, ip, 16501, 2000, b"another-secret", 1, 8)) == 0
    # none, an unknown number, a wrong secret, the wrong mode, a bit changed, no time, an old and a future one
    assert status(v2_request(3, ME, 5000, ip, 16502, 2000)) == 2
    assert status(v2_request(4, ME, 5000, ip, 16502, 2000, KEY, 2, 9)) == 2
    assert status(v2_request(5, ME, 5000, ip, 16502, 2000, b"not-the-secret", 2, 7)) == 2
    assert status(v2_request(6, ME, 5000, ip, 16502, 2000, KEY, 1, 7)) == 2
    bad = bytearray(v2_request(7, ME, 5000, ip, 16502, 2000, KEY, 2, 7))
    bad[-1] ^= 1
    assert status(bytes(bad)) == 2
    assert status(v2_request(8, ME, 5000, ip, 16502, 2000, KEY, 2, 7, sent=0)) == 2
    assert status(v2_request(9, ME, 5000, ip, 16502, 2000, KEY, 2, 7, sent=time.time() - 60)) == 2
    assert status(v2_request(10, ME, 5000, ip, 16502, 2000, KEY, 2, 7, sent=time.time() + 60)) == 2
    # a refusal is signed by nobody: nothing is learnt of the key from it
    answer = ask(c, v2_request(11, ME, 5000, ip, 16502, 2000, b"not-the-secret", 2, 7), (ip, CONTROL))
    assert answer[48:80] == bytes(32)
    # version 1 proves nothing
    assert ask(c, v1_request(1, ip, 16503, 1000), (ip, CONTROL), 0.3) is None
    # repeated while it is open: the same answer; from elsewhere or later: nothing
    again = v2_request(12, ME, 5000, ip, 16504, 600, KEY, 2, 7)
    assert status(again) == 0 and status(again) == 0
    assert ask(udp(OTHER), again, (ip, CONTROL), 0.3) is None
    deadline = time.monotonic() + 10
    while status(again, 0.2) is not None:
        assert time.monotonic() < deadline
    assert ask(udp(ME), v2_probe(0), (ip, 16504), 0.3) is None


def noise(ip):
    """Random bytes and valid ones with a few changed; a probe port and 1967. More never comes back than went."""
    rnd = random.Random(1967)
    c, s = udp(ME), udp(ME)
    sport = s.getsockname()[1]
    assert v2_parse(ask(c, v2_request(1, ME, sport, ip, 20500, 60000), (ip, CONTROL)))[0] == 0
    kinds = [v2_request(5, ME, sport, ip, 20500, 1000), v1_request(3, ip, 20501, 1000), v2_probe(3), v1_us(3),
             v2_request(6, ME, 5000, ip, 20502, 1000, KEY, 2, 7)]
    sent = back = answers = 0
    for sock in (c, s):
        sock.settimeout(0)
    for i in range(20000):
        p = bytearray(rnd.choice(kinds)) if i % 2 else bytearray(rnd.randbytes(rnd.choice((0, 1, 8, 24, 60, 172, 1400))))
        for _ in range(rnd.randrange(4) if p else 0):
            p[rnd.randrange(len(p))] = rnd.randrange(256)
        sock, port = ((c, CONTROL), (s, 20500))[i % 3 == 0]
        sock.sendto(p, (ip, port))
        sent += len(p)
        try:
            while True:
                back += len(sock.recv(4096))
                answers += 1
        except BlockingIOError:
            pass
    assert back <= sent and answers <= 20000, (sent, back, answers)
    # and it still answers; the second's ration of control messages may be used up
    deadline = time.monotonic() + 10
    fresh, new = udp(ME), udp(ME)
    while not ask(fresh, v2_request(99, ME, new.getsockname()[1], ip, 20600, 1000), (ip, CONTROL), 0.3):
        assert time.monotonic() < deadline
    assert ask(new, v2_probe(1), (ip, 20600))


def many(ip, n="100"):
    """So many operations at once, each with a port of its own; one more than allowed is refused."""
    n = int(n)
    c = udp(ME)
    v = []
    for i in range(n):
        s = udp(ME)
        answer = None
        while answer is None:
            answer = ask(c, v2_request(i, ME, s.getsockname()[1], ip, 21000 + i, 20000), (ip, CONTROL), 1)
        assert v2_parse(answer)[0] == 0, i
        v.append(s)
    assert v2_parse(ask(c, v2_request(n, ME, 5000, ip, 21000 + n, 20000), (ip, CONTROL)))[0] == 1
    for k in range(3):
        for i, s in enumerate(v):
            answer = ask(s, v2_probe(k), (ip, 21000 + i))
            assert struct.unpack("!II", answer[52:60]) == (k, k + 1)


globals()[sys.argv[1]](*sys.argv[2:])
