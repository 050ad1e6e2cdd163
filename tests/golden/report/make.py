#!/usr/bin/env python3
"""Write the recorded run that the report's tests read: logs as programs write them, made by hand so that every
figure is known. make.py FOLDER"""
import json, math, struct, sys, zlib

out = sys.argv[1]
T0 = 1750000000.0
logs = {}
HOSTILE = '</script><script>alert(1)</script>"\'&<b>'


def log(t, host, prog, ev, **f):
    logs.setdefault(f"{host}.{prog}", []).append(
        {"t": round(T0 + t, 6), "host": host, "prog": prog, "ev": ev, **f})


A = {"paris": "10.77.1.10", "london": "10.77.2.10", "callcontrol": "10.77.3.10", "services": "10.77.9.53",
     "desk": "10.77.8.10"}


def flow(t, row, a, aprog, b, bprog, sport, dport, transport="tcp"):
    local, peer = f"{A[a]}:{sport}", f"{A[b]}:{dport}"
    if aprog:
        log(t, a, aprog, "flow", row=row, dir="out", transport=transport, local=local, peer=peer, outcome="open", detail="")
        log(t + .002, a, aprog, "flow", row=row, dir="out", transport=transport, local=local, peer=peer, outcome="ok", detail="")
    if bprog:
        log(t + .001, b, bprog, "flow", row=row, dir="in", transport=transport, local=peer, peer=local, outcome="ok", detail="")


C, CC = "visavis-codec", "visavis-callcontrol"
log(0, "callcontrol", CC, "flow", row="A2-20", dir="in", transport="tcp", local="10.77.3.10:5061", peer="", outcome="open", detail="")
for i, room in enumerate(("paris", "london")):
    flow(.2 + i / 10, "A2-06", room, C, "services", "dnsmasq", 40000 + i, 53, "udp")
    flow(.3 + i / 10, "A2-05", room, "chronyd", "services", "chronyd", 123, 123, "udp")
    flow(.4 + i / 10, "A2-20", room, C, "callcontrol", CC, 42000 + i, 5061)
    log(.5 + i / 10, room, C, "register", state="ok", aor=f"sip:100{i+1}@demo", code=200, reason="OK", expires=300)
flow(.7, "A2-04", "desk", "ping", "paris", "kernel", 8, 0, "icmp")
flow(.8, "A2-08", "paris", C, "callcontrol", None, 43000, 6970)
logs["paris." + C][-1]["outcome"] = "refused"
log(.81, "paris", C, "log", level="warn", msg=f"no configuration at {HOSTILE}")

CALL = "8f1c2e@10.77.1.10"


def sip(t, a, b, line, cseq):
    progs = {"paris": C, "london": C, "callcontrol": CC}
    log(t, a, progs[a], "sip", dir="tx", transport="tls", local=A[a] + ":5061", peer=A[b] + ":5061", line=line, call_id=CALL, cseq=cseq)
    log(t + .0008, b, progs[b], "sip", dir="rx", transport="tls", local=A[b] + ":5061", peer=A[a] + ":42000", line=line, call_id=CALL, cseq=cseq)


P, L, S = "paris", "london", "callcontrol"
log(1.0, P, C, "call", state="dialing", call_id=CALL, peer="1002", code=0, reason="", secure=True)
INV = "INVITE sip:1002@callcontrol.demo;x=<img/src=x> SIP/2.0"
for t, a, b, line, cseq in (
        (1.001, P, S, INV, "1 INVITE"), (1.003, S, P, "SIP/2.0 407 Proxy Authentication Required", "1 INVITE"),
        (1.004, P, S, "ACK sip:1002@callcontrol.demo SIP/2.0", "1 ACK"),
        (1.006, P, S, INV, "2 INVITE"), (1.007, S, P, "SIP/2.0 100 Trying", "2 INVITE"),
        (1.009, S, L, "INVITE sip:1002@10.77.2.10:42001 SIP/2.0", "2 INVITE"),
        (1.012, L, S, "SIP/2.0 180 Ringing", "2 INVITE"), (1.013, S, P, "SIP/2.0 180 Ringing", "2 INVITE"),
        (1.021, L, S, "SIP/2.0 200 OK", "2 INVITE"), (1.022, S, P, "SIP/2.0 200 OK", "2 INVITE"),
        (1.025, P, S, "ACK sip:1002@10.77.2.10:42001 SIP/2.0", "2 ACK"),
        (1.026, S, L, "ACK sip:1002@10.77.2.10:42001 SIP/2.0", "2 ACK"),
        (9.1, P, S, "BYE sip:1002@10.77.2.10:42001 SIP/2.0", "3 BYE"), (9.102, S, L, "BYE sip:1002@10.77.2.10:42001 SIP/2.0", "3 BYE"),
        (9.104, L, S, "SIP/2.0 200 OK", "3 BYE"), (9.105, S, P, "SIP/2.0 200 OK", "3 BYE")):
    sip(t, a, b, line, cseq)
log(1.011, L, C, "call", state="incoming", call_id=CALL, peer="1001", code=0, reason="", secure=True)
for h in (P, L):
    log(1.024 if h == P else 1.0262, h, C, "call", state="established", call_id=CALL, peer="", code=200, reason="OK", secure=True)
    log(1.143 if h == P else 1.151, h, "visavis-media", "media", what="first_picture", call_id=CALL, stream=1)
    log(9.11, h, C, "call", state="ended", call_id=CALL, peer="", code=200, reason="", secure=True)
for h, o in ((P, L), (L, P)):
    for k, port in enumerate((16384, 16386)):
        for d, ok in (("out", "open"), ("out", "ok"), ("in", "ok")):
            log(1.03 + k / 100, h, "visavis-media", "flow", row="A2-21", dir=d, transport="udp", local=f"{A[h]}:{port}", peer=f"{A[o]}:{port}", outcome=ok, detail="")


def stream(i, media, n, wob):
    v = media == "video"
    return {"id": i, "media": media, "codec": "H264" if v else "opus", "secure": "AEAD_AES_128_GCM",
            "sent_packets": n, "sent_bytes": n * (1100 if v else 160), "sent_frames": n // 12, "packets": n, "bytes": n * 1100,
            "frames": n // 12, "lost": 0, "late": 0, "duplicate": 0, "reordered": 0, "rejected": 0,
            "jitter_ms": {"mean": .4 + wob, "max": 1.9}, "rtt_ms": .6,
            "delay_ms": {"min": 31, "mean": (74 if v else 62) + 8 * wob, "p95": 88.5, "max": 97, "n": n, "by": "timecode" if v else "rtcp"},
            "pli_sent": 1, "fir_sent": 0, "pli_received": 1, "fir_received": 0,
            **({"width": 1280, "height": 720, "fps": 30} if v else {})}


LIP = {"mean": -6.5, "p95": 14.2, "max": 22.0, "n": 200}
for h in (P, L):
    for s in range(1, 9):
        w = .3 * math.sin(s)
        log(1.2 + s, h, "visavis-media", "stats", call_id=CALL, final=s == 8,
            streams=[stream(0, "audio", 50 * s, w), stream(1, "video", 420 * s, w)], lip_sync_ms=LIP)
    for k in (2, 5):
        log(1 + k, h, "visavis-media", "picture", file=f"{h}/sent-{k}.png", dir="sent", capture_us=(1750000000 + k) * 1000000, stream=1)
        log(1.08 + k, h, "visavis-media", "picture", file=f"{h}/seen-{k}.png", dir="seen", capture_us=(1750000000 + k) * 1000000, stream=1)

for name, lines in logs.items():
    with open(f"{out}/{name}.jsonl", "w") as f:
        f.writelines(json.dumps(x) + "\n" for x in lines)
with open(f"{out}/paris.{C}.jsonl", "a") as f:
    f.write('{"t":1750000009.5,"host":"paris","ev":"lo')      # killed while writing

pk = {"A2-04": 8, "A2-05": 12, "A2-06": 8, "A2-20": 96, "A2-21": 15080, "dropped": 1}
json.dump({"core": {k: {"packets": v, "bytes": v * 300} for k, v in pk.items()}}, open(f"{out}/counters.json", "w"))
json.dump({"dropped": [{"firewall": "core", "interface": "eth1", "summary": "tcp 10.77.1.10:43000 > 10.77.3.10:6970 syn", "packets": 1, "t": T0 + .8}],
           "unexplained": [{"where": "core eth4", "summary": "udp 10.77.8.10:40002 > 10.77.3.10:9999", "why": "no row of the matrix has it", "packets": 2, "t": T0 + 2}],
           "housekeeping": [{"what": "ARP", "reason": "finds the link address of a neighbour, never leaves the link", "packets": 14}],
           "captures": [{"firewall": "core", "file": "capture/core.pcapng"}],
           "dropped_packets": 1, "unexplained_packets": 2, "captured_packets": 15221, "missed_packets": 0}, open(f"{out}/capture.json", "w"))
parts = []
for a in A:
    for b in A:
        if a != b:
            bad = a == "desk" and b == "callcontrol"
            parts.append({"from": a, "to": b, "as": None, "ip": 4, "transport": "tcp", "kind": "every destination port", "fixed": 50001,
                          "probes": 65535, "expected": 3, "passed": 4 if bad else 3, "missing": 0, "extra": int(bad), "tried": True,
                          "findings": [{"what": "extra", "sport": "50001", "dport": "7777"}] if bad else []})
json.dump({"ok": False, "probes": 3425100, "missing": 0, "extra": 1, "untried": 0, "seconds": 17.4, "quick": False, "parts": parts}, open(f"{out}/tight.json", "w"))


def png(path, base):
    w, h = 160, 90
    raw = b"".join(b"\0" + bytes(c for x in range(w) for c in (base[0] + x // 2, base[1] + y, base[2])) for y in range(h))
    chunk = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


import os
for h, o in ((P, L), (L, P)):
    os.makedirs(f"{out}/pictures/{h}", exist_ok=True)
    for k in (2, 5):
        png(f"{out}/pictures/{h}/sent-{k}.png", (30, 60, 140) if h == P else (110, 50, 40))
        png(f"{out}/pictures/{h}/seen-{k}.png", (30, 60, 140) if o == P else (110, 50, 40))
