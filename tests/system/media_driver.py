"""Stands in for visavis-codec: starts media processes and speaks docs/media-ipc.md with them."""
import array
import base64
import json
import os
import random
import socket
import subprocess
import time

SUITES = {"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_128_GCM": 28}
H264 = "profile-level-id=42e028;packetization-mode=1;level-asymmetry-allowed=1"


class Media:
    """One visavis-media process."""

    def __init__(self, exe, out, args=(), env=None, **init):
        self.out = out
        os.makedirs(out, exist_ok=True)
        self.sock, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log = os.open(os.path.join(out, "media.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self.log = os.path.join(out, "media.log")

        # descriptors 3 and 4, whatever numbers we have
        a, b = os.dup(child.fileno()), os.dup(log)
        script = "exec 3<&%d 4>&%d %d<&- %d>&-; exec \"$@\"" % (a, b, a, b)
        self.stderr_path = os.path.join(out, "stderr.txt")
        with open(self.stderr_path, "w") as err:
            self.proc = subprocess.Popen(["bash", "-c", script, "media", exe, *args], pass_fds=(a, b),
                                         stderr=err, env={**os.environ, **(env or {})})
        os.close(a)
        os.close(b)
        os.close(log)
        child.close()
        self.events = []
        self.sock.settimeout(20)
        init.setdefault("host", "room")
        t = time.time()
        self.ready = self.ask({"msg": "init", "out_dir": os.path.join(out, "pictures"), **init}, "ready")
        self.init_ms = (time.time() - t) * 1000

    def send(self, msg, fds=()):
        anc = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.sock.sendmsg([json.dumps(msg).encode()], anc)

    def recv(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the media process went away: " + open(self.stderr_path).read())
        return json.loads(data)

    def ask(self, msg, want, fds=()):
        self.send(msg, fds)
        while True:
            m = self.recv()
            if m["msg"] == "event":
                self.events.append(m)
            elif m["msg"] in (want, "failed"):
                return m

    def wait_event(self, seconds, test):
        until = time.time() + seconds
        while time.time() < until:
            for e in self.events:
                if test(e):
                    return e
            self.sock.settimeout(max(0.01, until - time.time()))
            try:
                m = self.recv()
            except (TimeoutError, socket.timeout):
                break
            finally:
                self.sock.settimeout(20)
            if m["msg"] == "event":
                self.events.append(m)
        return None

    def logged(self):
        with open(self.log) as f:
            return [json.loads(line) for line in f]

    def quit(self):
        try:
            self.send({"msg": "quit"})
        except OSError:
            pass
        self.sock.close()
        return self.proc.wait(20)


def udp(addr="127.0.0.1"):
    s = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((addr, 0))
    return s


def name(s):
    a = s.getsockname()
    return ("[%s]:%d" if ":" in a[0] else "%s:%d") % (a[0], a[1])


def stream(kind, sid, codec, pt, rate, peer, **more):
    d = {"kind": kind, "id": sid, "codec": codec, "clock_rate": rate, "channels": 2 if codec == "opus" else 1,
         "fmtp_tx": H264 if kind == "video" else "", "fmtp_rx": H264 if kind == "video" else "",
         "pt_tx": pt, "pt_rx": pt, "ssrc": random.getrandbits(32) | 1, "cname": "room", "pli": True, "fir": True,
         "bitrate": 4000000 if kind == "video" else 64000, "send": True, "recv": True,
         "peer_rtp": name(peer[0]), "peer_rtcp": name(peer[1]), "srtp_tx": None, "srtp_rx": None}
    d.update(more)
    return d


def connect(a, b, audio="opus", video="H264", suite=None, call_id="call-1", addr="127.0.0.1", a_more=None,
            b_more=None):
    """One call between two processes; returns the two answers."""
    rates = {"opus": (96, 48000), "G722": (9, 8000), "PCMU": (0, 8000), "PCMA": (8, 8000)}
    kinds = []
    if audio:
        kinds.append(("audio", audio) + rates[audio])
    if video:
        kinds.append(("video", video, 97, 90000))
    socks = [([udp(addr), udp(addr)], [udp(addr), udp(addr)]) for _ in kinds]
    sa, sb = [], []
    for i, (kind, codec, pt, rate) in enumerate(kinds):
        ka = kb = None
        if suite:
            ka, kb = ({"suite": suite, "key": base64.b64encode(os.urandom(SUITES[suite])).decode()} for _ in "ab")
        sa.append(stream(kind, i, codec, pt, rate, socks[i][1], srtp_tx=ka, srtp_rx=kb, **(a_more or {})))
        sb.append(stream(kind, i, codec, pt, rate, socks[i][0], srtp_tx=kb, srtp_rx=ka, **(b_more or {})))
    fa = [s.fileno() for pair in socks for s in pair[0]]
    fb = [s.fileno() for pair in socks for s in pair[1]]
    t = time.time()
    rb = b.ask({"msg": "start", "call_id": call_id, "streams": sb}, "started", fb)
    ra = a.ask({"msg": "start", "call_id": call_id, "streams": sa}, "started", fa)
    for pair in socks:
        for s in pair[0] + pair[1]:
            s.close()
    return ra, rb, t
