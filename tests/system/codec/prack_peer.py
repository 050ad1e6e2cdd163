#!/usr/bin/env python3
"""A phone that answers in a provisional response which must be acknowledged: prack_peer.py SERVER ADDRESS NUMBER PASSWORD"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from sip_peer import CRLF, Peer, want  # noqa: E402

server, addr, number, password = sys.argv[1:]
p = Peer(server, addr)
contact = f"Contact: <sip:{number}@{p.ip}:{p.port}>"
want(p.register(number, password, headers=[contact + ";expires=300"])[1], 200)
print("registered", flush=True)

inv = p.wait("INVITE")
assert "100rel" in inv.get("Supported")[0], inv.text
sdp = CRLF.join(["v=0", f"o=- 1 1 IN IP4 {addr}", "s=-", f"c=IN IP4 {addr}", "t=0 0", "m=audio 20000 RTP/AVP 0",
                 "m=video 0 RTP/AVP 97", ""])


def progress(rseq, body):
    keep = [f"{n}: {v}" for n, v in inv.headers if n in ("Via", "Record-Route", "From", "Call-ID", "CSeq")]
    p.send(CRLF.join(["SIP/2.0 183 Session Progress", *keep, f"To: {inv.get('To')[0]};tag=callee", contact,
                      "Require: 100rel", f"RSeq: {rseq}", "Content-Type: application/sdp",
                      f"Content-Length: {len(body)}", "", body]).encode())


def acknowledged(rseq, cseq):
    m = p.wait("PRACK")
    assert m.get("RAck") == [f"{rseq} {inv.get('CSeq')[0]}"], m.text
    assert int(m.get("CSeq")[0].split()[0]) == cseq, m.text
    p.answer(m, 200, "OK")
    return cseq


first = int(inv.get("CSeq")[0].split()[0])
progress(7, sdp)
acknowledged(7, first + 1)
progress(7, sdp)    # again, and one too far: neither is acknowledged
progress(9, "")
progress(8, "")
acknowledged(8, first + 2)
p.answer(inv, 200, "OK", [contact])
p.wait("ACK")
m = p.wait("BYE")
assert int(m.get("CSeq")[0].split()[0]) == first + 3, m.text
p.answer(m, 200, "OK")
