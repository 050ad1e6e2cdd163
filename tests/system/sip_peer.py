#!/usr/bin/env python3
"""A SIP client of a few lines, for what well-behaved clients do not do.

usage: sip_peer.py TEST SERVER [ARGUMENT...]; the exit status is the result.
"""
import hashlib
import json
import os
import pty
import re
import socket
import sys
import time

CRLF = "\r\n"


class Peer:
    def __init__(self, server, addr="127.1.0.10", tcp=False, port=0):
        self.server, self.tcp = server, tcp
        kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        self.s = socket.socket(socket.AF_INET, kind)
        self.s.settimeout(10)
        self.s.bind((addr, port))
        self.s.connect((server, 5060))
        self.ip, self.port = self.s.getsockname()
        self.buf = b""
        self.cseq = 0
        self.callid = os.urandom(8).hex()
        self.tag = os.urandom(4).hex()

    def build(self, method, uri, headers=(), user="1001", to=None, cseq=None, body="", maxfwd=70, via=True):
        self.cseq = cseq if cseq is not None else self.cseq + 1
        to = to or f"<sip:{user}@{self.server}>"
        tp = "TCP" if self.tcp else "UDP"
        lines = [f"{method} {uri} SIP/2.0"]
        if via:
            lines.append(f"Via: SIP/2.0/{tp} {self.ip}:{self.port};branch=z9hG4bK{os.urandom(8).hex()};rport")
        lines += [f"From: <sip:{user}@{self.server}>;tag={self.tag}", f"To: {to}", f"Call-ID: {self.callid}",
                  f"CSeq: {self.cseq} {method}", f"Max-Forwards: {maxfwd}", *headers,
                  f"Content-Length: {len(body)}", "", body]
        return CRLF.join(lines).encode()

    def send(self, data):
        self.s.sendall(data)

    def recv(self):
        if not self.tcp:
            return Message(self.s.recv(65536))
        while b"\r\n\r\n" not in self.buf:
            more = self.s.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.buf += more
        head, _, rest = self.buf.partition(b"\r\n\r\n")
        n = int(re.search(rb"(?i)content-length:\s*(\d+)", head).group(1))
        while len(rest) < n:
            rest += self.s.recv(65536)
        self.buf = rest[n:]
        return Message(head + b"\r\n\r\n" + rest[:n])

    def ask(self, *a, **k):
        self.send(self.build(*a, **k))
        while True:
            m = self.recv()
            if m.code >= 200:
                return m

    def contact(self, more=""):
        return f"Contact: <sip:1001@{self.ip}:{self.port}{';transport=tcp' if self.tcp else ''}>{more}"

    def register(self, user="1001", password="secret1", alg="SHA-256", headers=None, nc=1, **k):
        """Challenge, then credentials; returns (challenge, final, Authorization)."""
        uri = f"sip:{self.server}"
        headers = [self.contact()] if headers is None else headers
        first = self.ask("REGISTER", uri, headers, user=user, **k)
        if first.code != 401:
            return first, first, None
        auth = credentials(first.challenge(alg), user, password, "REGISTER", uri, alg, nc)
        return first, self.ask("REGISTER", uri, [auth, *headers], user=user, **k), auth


    def request(self, method, uri, **k):
        """With credentials for the proxy; returns the Message after the challenge, or the refusal."""
        more, user = k.pop("headers", []), k.get("user", "1001")
        m = self.ask(method, uri, more, **k)
        if m.code != 407:
            return m
        self.send(self.build("ACK", uri, cseq=self.cseq, **k))
        a = credentials(m.challenge("SHA-256"), user, f"secret{user[-1]}", method, uri, "SHA-256",
                        name="Proxy-Authorization")
        self.send(self.build(method, uri, [a, *more], cseq=self.cseq + 1, **k))
        return self.recv()

    def answer(self, req, code, reason, headers=(), tag="callee"):
        keep = [f"{n}: {v}" for n, v in req.headers if n in ("Via", "Record-Route", "From", "Call-ID", "CSeq")]
        to = req.get("To")[0]
        keep.append(f"To: {to}" + ("" if ";tag=" in to or code == 100 else f";tag={tag}"))
        self.send(CRLF.join([f"SIP/2.0 {code} {reason}", *keep, *headers, "Content-Length: 0", "", ""]).encode())

    def wait(self, what):
        while True:
            m = self.recv()
            if m.line.startswith(what) or str(m.code) == what:
                return m


class Message:
    def __init__(self, raw):
        self.text = raw.decode(errors="replace")
        head = self.text.partition(CRLF * 2)[0].split(CRLF)
        self.line, self.headers = head[0], [tuple(x.split(": ", 1)) for x in head[1:] if ": " in x]
        m = re.match(r"SIP/2.0 (\d+)", self.line)
        self.code = int(m.group(1)) if m else 0

    def get(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def challenge(self, alg):
        for v in self.get("WWW-Authenticate") + self.get("Proxy-Authenticate"):
            if f"algorithm={alg}," in v:
                return v
        raise LookupError(f"no challenge for {alg} in {self.text}")


def credentials(challenge, user, password, method, uri, alg, nc=1, name="Authorization"):
    h = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[alg]
    p = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    cn, ncs = os.urandom(4).hex(), f"{nc:08x}"
    ha1 = h(f"{user}:{p['realm']}:{password}".encode()).hexdigest()
    ha2 = h(f"{method}:{uri}".encode()).hexdigest()
    r = h(f"{ha1}:{p['nonce']}:{ncs}:{cn}:auth:{ha2}".encode()).hexdigest()
    return (f'{name}: Digest username="{user}", realm="{p["realm"]}", nonce="{p["nonce"]}", uri="{uri}", '
            f'algorithm={alg}, qop=auth, nc={ncs}, cnonce="{cn}", response="{r}"')


def want(got, *codes):
    assert got.code in codes, f"wanted {codes}, got:\n{got.text}"
    return got


def t_options(srv):
    m = want(Peer(srv).ask("OPTIONS", f"sip:{srv}", to=f"<sip:{srv}>"), 200)
    assert m.get("Allow") and m.get("Accept"), m.text


def t_register(srv, alg="SHA-256", proto="udp", user="1001", password="secret1", addr="127.1.0.10", port="0"):
    p = Peer(srv, addr, proto == "tcp", int(port))
    first, final, _ = p.register(user, password, alg, headers=[p.contact() + ";expires=300"])
    offers = first.get("WWW-Authenticate")
    assert len(offers) == 2 and "SHA-256" in offers[0] and "MD5" in offers[1], first.text
    m = want(final, 200)
    assert any(f"{p.ip}:{p.port}" in c and "expires=300" in c for c in m.get("Contact")), m.text


def t_wrong(srv):
    want(Peer(srv, "127.1.0.20").register("1001", "guess")[1], 401)
    want(Peer(srv, "127.1.0.20").register("9999", "guess")[1], 401)
    want(Peer(srv, "127.1.0.20").register("1001", "guess", "MD5")[1], 401)


def t_locked(srv):
    codes = [Peer(srv, "127.1.0.21").register("1001", "guess")[1].code for _ in range(12)]
    assert codes[0] == 401 and codes[-1] == 403, codes
    want(Peer(srv, "127.1.0.21").register()[1], 403)
    want(Peer(srv, "127.1.0.22").register()[1], 200)


def t_replay(srv):
    p = Peer(srv)
    _, m, auth = p.register()
    want(m, 200)
    m = want(p.ask("REGISTER", f"sip:{srv}", [auth, p.contact()]), 401)
    assert "stale" not in m.text, m.text
    other = Peer(srv, "127.1.0.23")
    want(other.ask("REGISTER", f"sip:{srv}", [auth, other.contact()]), 401)


def t_count_goes_up(srv):
    p = Peer(srv)
    first, m, _ = p.register()
    want(m, 200)
    uri = f"sip:{srv}"
    for nc, code in ((2, 200), (5, 200), (4, 200), (4, 401)):
        a = credentials(first.challenge("SHA-256"), "1001", "secret1", "REGISTER", uri, "SHA-256", nc)
        want(p.ask("REGISTER", uri, [a, p.contact()]), code)


def t_foreign_nonce_is_stale(srv):
    p, uri = Peer(srv), f"sip:{srv}"
    chal = 'Digest realm="demo", nonce="' + "0" * 56 + '", algorithm=MD5, qop="auth"'
    m = p.ask("REGISTER", uri, [credentials(chal, "1001", "secret1", "REGISTER", uri, "MD5"), p.contact()])
    want(m, 401)
    assert "stale=true" in m.text, m.text


def t_not_my_number(srv):
    p = Peer(srv)
    want(p.register("1001", "secret1", to=f"<sip:1002@{srv}>")[1], 403)


def t_too_brief(srv):
    p = Peer(srv)
    m = want(p.register(headers=[p.contact(";expires=1")])[1], 423)
    assert m.get("Min-Expires"), m.text


def t_contacts(srv):
    p, q = Peer(srv), Peer(srv)
    want(p.register(headers=["Contact: *", "Expires: 0"])[1], 200)
    want(p.register()[1], 200)
    m = want(q.register(headers=[q.contact(";q=0.5")])[1], 200)
    assert len(m.get("Contact")) == 2 and "q=0.5" in m.get("Contact")[1], m.text
    m = want(p.register(headers=[p.contact(";expires=0")])[1], 200)
    assert len(m.get("Contact")) == 1, m.text
    want(p.register(headers=["Contact: *", "Expires: 60"])[1], 400)
    m = want(q.register(headers=["Contact: *", "Expires: 0"])[1], 200)
    assert not m.get("Contact"), m.text


def t_instance_replaces(srv):
    inst = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
    p, q = Peer(srv), Peer(srv)
    want(p.register(headers=["Contact: *", "Expires: 0"])[1], 200)
    want(p.register(headers=[p.contact(inst)])[1], 200)
    m = want(q.register(headers=[q.contact(inst)])[1], 200)
    assert len(m.get("Contact")) == 1 and f":{q.port}" in m.get("Contact")[0], m.text


def t_full(srv):
    """More and more contacts until the disk is full."""
    for _ in range(400):
        p = Peer(srv, "127.1.0.30")
        m = p.register(headers=[p.contact(";+sip.instance=\"<urn:x:" + os.urandom(2).hex() + ">\""), "User-Agent: " +
                                os.urandom(1000).hex(), "Path: <sip:x;" + os.urandom(2000).hex() + ">"])[1]
        if m.code == 500:
            assert m.get("Retry-After"), m.text
            return
        if m.code == 403:
            want(p.register(headers=["Contact: *", "Expires: 0"])[1], 200, 500)
    raise AssertionError("never full")


def t_registered(srv, want_n="1"):
    """How many contacts 1001 has."""
    m = want(Peer(srv).register(headers=[])[1], 200)
    assert len(m.get("Contact")) == int(want_n), m.text


def t_refusals(srv):
    uri, user = f"sip:{srv}", f"sip:1002@{srv}"
    p = Peer(srv)
    assert "Allow" in want(p.ask("MESSAGE", uri), 405).text
    want(p.ask("OPTIONS", user, maxfwd=0), 483)
    want(p.ask("OPTIONS", user, maxfwd="many"), 400)
    assert "nat=" not in want(p.ask("OPTIONS", uri, ["Proxy-Require: privacy"]), 420).text
    want(p.ask("INVITE", "tel:+33123", to="<tel:+33123>"), 416)
    want(p.ask("INVITE", user), 407)
    want(p.ask("BYE", user, to=f"<{user}>;tag=made-up"), 407)
    data = p.build("OPTIONS", uri).replace(b" OPTIONS\r\nMax", b" INVITE\r\nMax")
    p.send(data)
    want(p.recv(), 400)
    p.send(p.build("OPTIONS", uri, ["X-Fill: a"] * 300))
    want(p.recv(), 400)
    want(p.ask("CANCEL", user), 481)


def t_relaying(srv):
    p, uri = Peer(srv), "sip:someone@192.0.2.1"
    m = want(p.ask("OPTIONS", uri), 407)
    a = credentials(m.challenge("MD5"), "1001", "secret1", "OPTIONS", uri, "MD5", name="Proxy-Authorization")
    want(p.ask("OPTIONS", uri, [a]), 403)


def t_torn(srv):
    p = Peer(srv, tcp=True)
    for b in p.build("OPTIONS", f"sip:{srv}"):
        p.send(bytes([b]))
    want(p.recv(), 200)
    p.send(p.build("OPTIONS", f"sip:{srv}") + p.build("OPTIONS", f"sip:{srv}"))
    want(p.recv(), 200)
    want(p.recv(), 200)
    p.send(b"\r\n\r\n")
    assert p.s.recv(10) == b"\r\n"


def t_oversized(srv):
    p = Peer(srv, tcp=True)
    try:
        p.send(b"OPTIONS sip:x SIP/2.0\r\nX: " + b"a" * 200000)
        assert p.s.recv(10) == b"", "the connection stays open"
    except (ConnectionResetError, BrokenPipeError):
        pass
    p = Peer(srv)
    p.send(p.build("OPTIONS", f"sip:{srv}", [f"X-Fill: {'a' * 60000}"]))
    want(p.recv(), 200)
    p.send(p.build("OPTIONS", f"sip:{srv}", ["X-Fill: " + "a" * 60000])[:-4])
    want(p.recv(), 400)


def t_many_connections(srv):
    held = []
    refused = 0
    for _ in range(100):
        s = socket.socket()
        s.bind(("127.1.0.24", 0))
        s.settimeout(5)
        s.connect((srv, 5060))
        held.append(s)
    for s in held:
        s.setblocking(False)
    until = time.time() + 10
    while refused < 36 and time.time() < until:
        refused = 0
        for s in held:
            try:
                refused += s.recv(1) == b""
            except BlockingIOError:
                pass
            except ConnectionResetError:
                refused += 1
        time.sleep(0.02)
    assert refused == 36, f"{refused} of 100 refused"
    want(Peer(srv, "127.1.0.25", tcp=True).ask("OPTIONS", f"sip:{srv}"), 200)


def t_malformed(srv):
    """Whatever comes, the next request is answered."""
    good = Peer(srv).build("INVITE", f"sip:1002@{srv}")
    bad = [b"", b"\0" * 20, b"\r\n" * 20, b"INVITE\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip: SIP/2.0\r\n\r\n",
           good.replace(b"Via:", b"V\xc3\xada:"), good.replace(b"SIP/2.0/UDP", b"SIP/9/X"), good.replace(b"CSeq: 1", b"CSeq: x"),
           good.replace(b"<sip:", b"<<<sip:"), good.replace(b";tag=", b";;;tag"), good[:100], good[:-2],
           good.replace(b"Content-Length: 0", b"Content-Length: 99999"),
           good.replace(b"Content-Length: 0", b"Content-Length: -1"), good.replace(b"Call-ID", b"Call-ID\0"),
           good.replace(b"Max-Forwards: 70", b"Max-Forwards: " + b"9" * 400),
           good.replace(b"branch=z9hG4bK", b""), good.replace(b"\r\n", b"\n"), good.replace(b"sip:1002", b"sip:%00%ff"),
           good.replace(b"\r\nCall-ID", b"\r\nRoute: <sip:\xff\xfe;lr>\r\nCall-ID"),
           good.replace(b"\r\nCall-ID", b"\r\nAuthorization: Digest " + b"a=\"" * 500 + b"\r\nCall-ID")]
    for raw in bad:
        p = Peer(srv, "127.1.0.26")
        p.send(raw)
        t = Peer(srv, "127.1.0.26", tcp=True)
        try:
            t.send(raw.replace(b"/UDP", b"/TCP"))
        except OSError:
            pass
        t.s.close()
        t_options(srv)


def t_unreadable(srv):
    """What the decoder does not take is answered too, so that nobody repeats it for half a minute."""
    p = Peer(srv)
    good = p.build("INVITE", f"sip:1002@{srv}")
    for bad in (good.replace(b"CSeq: 1", b"CSeq: x"), good.replace(b"<sip:", b"<s\xffp"), good[:-2],
                good.replace(b"SIP/2.0/UDP", b"SIP/9/X"), good.replace(b"INVITE sip:", b"INVITE :")):
        p.send(bad)
        m = want(p.recv(), 400)
        assert p.callid in m.get("Call-ID")[0], m.text
    p.s.settimeout(0.3)
    for bad in (good[:40], good.replace(b"CSeq: 1 INVITE", b"CSeq: x ACK").replace(b"INVITE sip", b"ACK sip"),
                good.replace(b"INVITE sip:1002@" + srv.encode() + b" SIP/2.0", b"SIP/2.0 two hundred"), b"\0" * 30):
        p.send(bad)
        try:
            raise AssertionError(p.recv().text)
        except socket.timeout:
            pass


def t_forged_response(srv):
    """A response with a made-up second Via must not be sent on."""
    victim = Peer(srv, "127.1.0.27")
    victim.s.settimeout(0.5)
    p = Peer(srv)
    p.send(CRLF.join(["SIP/2.0 200 OK", f"Via: SIP/2.0/UDP {srv}:5060;branch=z9hG4bKx",
                      f"Via: SIP/2.0/UDP {victim.ip}:{victim.port};branch=z9hG4bKy", f"From: <sip:a@{srv}>;tag=1",
                      f"To: <sip:b@{srv}>;tag=2", "Call-ID: x", "CSeq: 1 INVITE", "Content-Length: 0", "", ""]).encode())
    try:
        raise AssertionError(victim.recv().text)
    except socket.timeout:
        pass


def t_loop(srv):
    """1002 sends what it gets straight back."""
    b = Peer(srv, "127.1.0.11")
    want(b.register("1002", "secret2", headers=[f"Contact: <sip:1002@{b.ip}:{b.port}>"])[1], 200)
    a = Peer(srv)
    uri = f"sip:1002@{srv}"
    m = want(a.ask("OPTIONS", uri), 407)
    auth = credentials(m.challenge("SHA-256"), "1001", "secret1", "OPTIONS", uri, "SHA-256", name="Proxy-Authorization")
    a.send(a.build("OPTIONS", uri, [auth]))
    got = b.recv()
    assert got.line.startswith("OPTIONS"), got.text
    head, _, rest = got.text.partition(CRLF)
    via = f"Via: SIP/2.0/UDP {b.ip}:{b.port};branch=z9hG4bK{os.urandom(6).hex()};rport"
    b.send((f"OPTIONS {uri} SIP/2.0" + CRLF + via + CRLF + rest).encode())
    want(b.recv(), 482)


def place(srv, a, b, **k):
    """A call from 1001 to 1002 as far as the callee's INVITE."""
    want(b.register("1002", "secret2", headers=["Contact: *", "Expires: 0"])[1], 200)
    want(b.register("1002", "secret2", headers=[f"Contact: <sip:1002@{b.ip}:{b.port}>"])[1], 200)
    b.cseq = 100
    want(a.request("INVITE", f"sip:1002@{srv}", headers=[a.contact(), *k.pop("headers", [])],
                   to=f"<sip:1002@{srv}>", **k), 100)
    return b.wait("INVITE")


def routes(m):
    return [f"Route: {r}" for r in m.get("Record-Route")]


def t_call_fails(srv, number, code):
    a = Peer(srv)
    m = a.request("INVITE", f"sip:{number}@{srv}", headers=[a.contact()], to=f"<sip:{number}@{srv}>")
    want(m, int(code))


def t_session_timer(srv):
    a, b = Peer(srv), Peer(srv, "127.1.0.11")
    inv = place(srv, a, b, headers=["Supported: timer"])
    assert inv.get("Session-Expires") == ["1800"], inv.text
    assert inv.get("Max-Forwards") == ["69"] and not inv.get("Proxy-Authorization"), inv.text
    b.answer(inv, 200, "OK", [f"Contact: <sip:1002@{b.ip}:{b.port}>"])
    ok = a.wait("200")
    assert ok.get("Session-Expires") == ["1800;refresher=uac"] and "timer" in ok.get("Require"), ok.text
    m = Peer(srv).ask("INVITE", f"sip:1002@{srv}", ["Supported: timer", "Session-Expires: 30"])
    assert want(m, 422).get("Min-SE") == ["90"], m.text


def t_second_2xx(srv):
    """A 200 sent again after the transaction has ended goes through."""
    a, b = Peer(srv), Peer(srv, "127.1.0.11")
    want(a.register()[1], 200)
    inv = place(srv, a, b)
    for _ in range(2):
        b.answer(inv, 200, "OK", [f"Contact: <sip:1002@{b.ip}:{b.port}>"])
        a.wait("200")


def t_in_dialog(srv):
    """PRACK, UPDATE, INFO and re-INVITE pass in a dialog, both ways, without a password."""
    a, b = Peer(srv), Peer(srv, "127.1.0.11")
    inv = place(srv, a, b)
    contact = f"sip:1002@{b.ip}:{b.port}"
    b.answer(inv, 183, "Session Progress", [f"Contact: <{contact}>", "Require: 100rel", "RSeq: 1"])
    m = a.wait("183")
    to, route = m.get("To")[0], list(reversed(routes(m)))
    b.answer(inv, 200, "OK", [f"Contact: <{contact}>"])
    a.wait("200")
    for method in ("ACK", "PRACK", "UPDATE", "INFO", "INVITE"):
        a.send(a.build(method, contact, [*route, a.contact()], to=to))
        got = b.wait(method)
        assert not got.get("Route"), got.text
        if method != "ACK":
            b.answer(got, 200, "OK", [f"Contact: <{contact}>"])
            a.wait("200")
    b.callid, b.tag = a.callid, "callee"
    b.send(b.build("BYE", f"sip:1001@{a.ip}:{a.port}", routes(inv), user="1002",
                   to=f"<sip:1001@{srv}>;tag={a.tag}"))
    a.answer(a.wait("BYE"), 200, "OK")
    want(b.wait("200"), 200)


def t_restart_in_call(srv, up, again):
    """The program is killed and started between `up` and `again`; both ends can still end the call."""
    a, b = Peer(srv), Peer(srv, "127.1.0.11")
    inv = place(srv, a, b)
    contact = f"sip:1002@{b.ip}:{b.port}"
    b.answer(inv, 200, "OK", [f"Contact: <{contact}>"])
    ok = a.wait("200")
    to, route = ok.get("To")[0], list(reversed(routes(ok)))
    a.send(a.build("ACK", contact, route, to=to, cseq=a.cseq))
    b.wait("ACK")
    open(up, "w", encoding="ascii").close()
    until = time.time() + 60
    while not os.path.exists(again):
        assert time.time() < until, "was not started again"
        time.sleep(0.02)
    a.send(a.build("INFO", contact, route, to=to))
    b.answer(b.wait("INFO"), 200, "OK")
    a.wait("200")
    b.callid, b.tag = a.callid, "callee"
    b.send(b.build("BYE", f"sip:1001@{a.ip}:{a.port}", routes(inv), user="1002",
                   to=f"<sip:1001@{srv}>;tag={a.tag}"))
    a.answer(a.wait("BYE"), 200, "OK")
    want(b.wait("200"), 200)


def t_secret_typed(number, first, second, says):
    """A person at a terminal, who sees what the program says but not what is typed."""
    pid, fd = pty.fork()
    if not pid:
        os.execvp("visavis", ["visavis", "ctl", "callcontrol", "user", "add", number])
    seen = b""

    def until(text):
        nonlocal seen
        while text not in seen:
            seen += os.read(fd, 1000)
    until(f"password of {number}: ".encode())
    os.write(fd, first.encode() + b"\n")
    until(f"password of {number} again: ".encode())
    os.write(fd, second.encode() + b"\n")
    until(says.encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert first.encode() not in seen and status == (0 if first == second else 3), (seen, status)


def t_logged(path, *wanted):
    """An event with these FIELD=TEXT; ~ instead of = means: contains."""
    def fits(e):
        return all(w.split("~", 1)[1] in str(e.get(w.split("~")[0])) if "~" in w else
                   str(e.get(w.split("=")[0])) == w.split("=", 1)[1] for w in wanted)
    with open(path, encoding="utf-8") as f:
        assert any(fits(json.loads(line)) for line in f), wanted


if __name__ == "__main__":
    globals()["t_" + sys.argv[1]](*sys.argv[2:])
