#!/usr/bin/env python3
"""A media process that says yes to everything, for tests of call signalling.

It sends one RTP packet a stream every 20 ms so that peers hear somebody, and
appends what it was told to $FAKE_MEDIA_LOG.
"""
import json
import os
import select
import socket
import struct

ctl = socket.socket(fileno=3)
log = open(os.environ.get("FAKE_MEDIA_LOG", "/dev/null"), "a", buffering=1)
streams = []


def say(**o):
    ctl.send(json.dumps(o).encode())


def ready():
    h264 = "profile-level-id=42e01f;packetization-mode=%d;level-asymmetry-allowed=1"
    say(msg="ready", video=[{"codec": "H264", "fmtp": h264 % 1}, {"codec": "H264", "fmtp": h264 % 0}],
        audio=[{"codec": "opus", "clock_rate": 48000, "channels": 2, "fmtp": ""},
               {"codec": "G722", "clock_rate": 8000, "channels": 1, "fmtp": ""},
               {"codec": "PCMU", "clock_rate": 8000, "channels": 1, "fmtp": ""},
               {"codec": "PCMA", "clock_rate": 8000, "channels": 1, "fmtp": ""}])


def start(m, fds):
    streams.clear()
    for i, s in enumerate(m["streams"]):
        host, port = s["peer_rtp"].rsplit(":", 1)
        streams.append((socket.socket(fileno=fds[2 * i]), (host.strip("[]"), int(port)), s))
        os.close(fds[2 * i + 1])
    say(msg="started", call_id=m["call_id"])


def handle(m, fds):
    kind = m["msg"]
    log.write(json.dumps(m) + "\n")
    if kind == "init":
        ready()
    elif kind == "start":
        start(m, fds)
    elif kind == "update":
        say(msg="updated", call_id=m["call_id"])
    elif kind == "stats":
        say(msg="stats", streams=[{"id": s[2]["id"], "media": s[2]["kind"]} for s in streams])
    elif kind == "stop":
        streams.clear()
        say(msg="stopped", call_id=m["call_id"], final=True, streams=[])
    return kind != "quit"


seq = 0
while True:
    if select.select([ctl], [], [], 0.02)[0]:
        data, fds, _, _ = socket.recv_fds(ctl, 65536, 8)
        if not data or not handle(json.loads(data), fds):
            break
    seq += 1
    for sock, peer, s in streams:
        if s["send"] and s["kind"] == "audio" and not s["srtp_tx"]:
            sock.sendto(struct.pack("!BBHII", 0x80, s["pt_tx"], seq & 0xffff, seq * 160, s["ssrc"]) + bytes(160), peer)
