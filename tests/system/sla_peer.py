"""IP SLA from its bytes, without a line of the program's: both ends, both versions.

Written from docs/sla.md and RFC 6812 alone, with Python's sockets; what crosses is counted.
"""
import hashlib
import hmac
import os
import socket
import struct
import time

CONTROL = 1967
NTP = 2208988800


def ntp(t=None):
    t = time.time() if t is None else t
    return struct.pack("!II", int(t) + NTP & 0xFFFFFFFF, int(t % 1 * 2**32))


def unntp(b):
    s, f = struct.unpack("!II", b)
    return s - NTP + f / 2**32


def packed(ip):
    return socket.inet_pton(socket.AF_INET6 if ":" in ip else socket.AF_INET, ip)


def udp(ip, port=0, timeout=5.0):
    s = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ip, port))
    s.settimeout(timeout)
    return s


def ask(s, data, to, timeout=5.0):
    """Send, wait for the answer; None: nothing came. The answer comes from whom we asked, and is no longer."""
    s.settimeout(timeout)
    s.sendto(data, to)
    try:
        answer, who = s.recvfrom(4096)
    except TimeoutError:
        return None
    assert who[:2] == to, (who, to)
    assert len(answer) <= len(data), "an answer longer than the question"
    return answer


# version 1

def v1_request(ident, ip, port, ms):
    a = packed(ip)
    if len(a) == 4:
        command = struct.pack("!HHI4sHH", 4, 16, 0, a, port, ms)
    else:
        command = struct.pack("!HHI16sHIH", 8, 32, 0, a, port, 0, ms)
    auth = struct.pack("!HH24x", 1, 28)
    return struct.pack("!BBHI", 1, ident, 8 + len(command) + len(auth), 0) + command + auth


def v1_reply(request):
    n = 8 + struct.unpack("!H", request[10:12])[0]
    return request[:2] + b"\0\x08" + bytes(8) + request[12:n]


def v1_ms(seq, size=64):
    ms = int(time.time() * 1000) % 86400000
    return (struct.pack("!HHIIHH", 2, 0, ms, 0, seq, 0) + b"\xab\xcd" * size)[:size]


def v1_us(seq, size=64):
    return (struct.pack("!HH", 3, 0) + ntp() + bytes(40) + struct.pack("!HH", seq, 0) + b"\xab\xcd" * size)[:size]


# version 2

def v2_request(seq, source, sport, to, dport, ms, key=None, mode=2, key_id=0, sent=None, report=None, cport=0):
    def addr(ip):
        return packed(ip).ljust(16, b"\0")

    head_sent = ntp(sent) if sent != 0 else bytes(8)
    auth = struct.pack("!HHIBBH", 1, 0, 60 if key else 12, mode if key else 0, 0, key_id)
    if key:
        auth += os.urandom(16) + bytes(32)
    m = struct.pack("!HHIBBHI", 2, 0, 92, 3 if ":" in to else 2, 1, 0, 77)
    m += addr(source) + addr(to) + addr(source) + addr(to)
    m += struct.pack("!HHHHI", cport, 0, sport, dport, ms)
    extra = b"" if report is None else struct.pack("!HHIBBH", 10240, 0, 12, report, 0, 0)
    body = auth + m + extra
    p = struct.pack("!BBHII", 2, 0, 0, seq, 20 + len(body)) + head_sent + body
    return v2_sign(p, key, mode) if key else p


def v2_digest(p, key, mode):
    p = p[:48] + bytes(32) + p[80:]
    return hmac.new(key, p, hashlib.sha256).digest() if mode == 2 else hashlib.sha256(key + p).digest()


def v2_sign(p, key, mode=2):
    return p[:48] + v2_digest(p, key, mode) + p[80:]


def v2_parse(p):
    """Header status, sequence, list of (command, status, length, bytes)."""
    version, _, status, seq, total = struct.unpack("!BBHII", p[:12])
    assert version == 2 and total == len(p)
    v, at = [], 20
    while at < len(p):
        command, st, n = struct.unpack("!HHI", p[at:at + 8])
        v.append((command, st, n, p[at:at + n]))
        at += n
    assert at == len(p)
    return status, seq, v


def v2_probe(seq, size=124, error=2**64 - 1):
    return (struct.pack("!HH", 3, 0) + ntp() + bytes(24) + struct.pack("!QQII", error, 0, seq, 0)).ljust(size, b"\0")
