"""Cases of media_loop.sh: real media processes in a call, one case a run. Exit status 0: it holds."""
import os
import signal
import subprocess
import sys
import time

from media_driver import H264, Media, connect, name, stream, udp

EXE = os.path.join(os.environ["VISAVIS_BUILD"], "daemons/media/visavis-media")
OUT = os.path.join(os.environ["T"], sys.argv[1] + "-" + "-".join(sys.argv[2:]))
CLIP = os.path.join(os.environ["T"], "clip.mp4")
NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}


def need(ok, what):
    if not ok:
        raise SystemExit("failed: " + what)


def media(who, **init):
    args = init.pop("args", ())
    init.setdefault("video_source", "pattern:320x180@15")
    init.setdefault("audio_source", "pattern")
    return Media(EXE, os.path.join(OUT, who), args, host=who, **init)


def first(m, what="first_picture"):
    e = m.wait_event(20, lambda e: e["ev"] == "media" and e["what"] == what)
    need(e, what + " never came: " + open(m.stderr_path).read())
    return e


def md5s(path, want=None):
    with open(path) as f:
        return [line.split("\t")[0] for line in f if not line.startswith("#")]


def stop(m):
    s = m.ask({"msg": "stop", "call_id": "call-1"}, "stopped")
    need(s["msg"] == "stopped" and s["final"], "stopped: %r" % s)
    return s


def video(s):
    return [x for x in s["streams"] if x["media"] == "video"][0]


def audio(s):
    return [x for x in s["streams"] if x["media"] == "audio"][0]


def until(seconds, test):
    end = time.time() + seconds
    while not test():
        need(time.time() < end, "waited %d s in vain" % seconds)
        time.sleep(0.05)


def frames(m):
    return video(m.ask({"msg": "stats"}, "stats"))["frames"]


def bye(*all_media):
    for m in all_media:
        code = m.quit()
        need(code == 0, "exit code %d: %s" % (code, open(m.stderr_path).read()))


def case_file(suite):
    """What is decoded at the far end is what a decoder makes of the file."""
    suite = None if suite == "plain" else suite
    src = os.path.join(OUT, "source.tsv")
    os.makedirs(OUT)
    subprocess.run([EXE, "--decode", CLIP, "--hashes", src], check=True, stdout=subprocess.DEVNULL)
    know = set(md5s(src))
    a, b = (media(w, video_source="file:" + CLIP, audio_source="file:" + CLIP, video_sink="picture",
                  log_frames=True) for w in ("paris", "london"))
    ra, rb, _ = connect(a, b, suite=suite)
    need(ra["msg"] == rb["msg"] == "started", "start: %r %r" % (ra, rb))
    for m in (a, b):
        first(m)
        first(m, "first_audio")
        until(20, lambda m=m: frames(m) >= 60)
        m.send({"msg": "keyframe"})
    stats = [stop(m) for m in (a, b)]
    bye(a, b)
    for m, s in zip((a, b), stats):
        v = video(s)
        need(v["lost"] == 0 and audio(s)["lost"] == 0, "lost packets: %r" % s)
        need(v["secure"] == suite and v["width"] == 320, "stream: %r" % v)
        seen = md5s(os.path.join(m.out, "pictures", "frames.tsv"))
        need(len(seen) >= 60, "%d pictures" % len(seen))
        need(set(seen) <= know, "%d pictures differ from the source's" % len(set(seen) - know))
        events = [e for e in m.logged() if e["ev"] == "picture"]
        need({e["dir"] for e in events} == {"sent", "seen"}, "pictures: %r" % events)
        for e in events:
            need(open(e["file"], "rb").read(4) == b"\x89PNG", e["file"])


def case_pattern(codec):
    """The burnt-in time code gives the true delay, the beep the lip sync."""
    a, b = media("paris"), media("london")
    ra, rb, _ = connect(a, b, audio=codec)
    need(ra["msg"] == rb["msg"] == "started", "start: %r %r" % (ra, rb))
    for m in (a, b):
        first(m)
        until(30, lambda m=m: ((m.ask({"msg": "stats"}, "stats")["lip_sync_ms"] or {}).get("n", 0)) >= 2)
    stats = [stop(m) for m in (a, b)]
    bye(a, b)
    for s in stats:
        d = video(s)["delay_ms"]
        need(d["by"] == "timecode" and 0 < d["mean"] < 2000, "delay: %r" % d)
        need(audio(s)["codec"] == codec and audio(s)["decode_errors"] == 0, "audio: %r" % audio(s))
        need(s["lip_sync_ms"]["mean"] < 300, "lip sync: %r" % s["lip_sync_ms"])


def case_missing():
    """No file: a clear error, a slate, and the call goes on."""
    a = media("paris", video_source="file:/nonexistent/clip.mp4", audio_source="pattern")
    b = media("london")
    connect(a, b)
    e = first(a, "source_error")
    need("No such file" in e["detail"], e["detail"])
    first(b)
    need(video(stop(b))["width"] == 1280, "the slate's size")
    stop(a)
    bye(a, b)


def case_truncated():
    """A torn file: what is there is sent, and it is said."""
    torn = os.path.join(OUT, "torn.mp4")
    os.makedirs(OUT)
    data = open(CLIP, "rb").read()
    with open(torn, "wb") as f:
        f.write(data[:len(data) * 2 // 3])
    a, b = media("paris", video_source="file:" + torn, audio_source="none"), media("london")
    connect(a, b, audio=None)
    need("truncated" in first(a, "source_error")["detail"], "detail")
    first(b)
    # and changed under our hands: said, and what was read is still sent
    a.events.clear()
    with open(torn, "ab") as f:
        f.write(b"x")
    e = first(a, "source_error")
    need("changed" in e["detail"], e["detail"])
    bye(a, b)


def case_small():
    """A peer of level 1.3 in packetization mode 0 gets a small picture, coded again."""
    low = "profile-level-id=42e00d;packetization-mode=0;level-asymmetry-allowed=1"
    big = os.path.join(os.environ["T"], "big.mp4")
    a, b = media("paris", video_source="file:" + big, audio_source="none"), media("london")
    connect(a, b, audio=None, a_more={"fmtp_tx": low}, b_more={"fmtp_rx": low})
    first(b)
    until(20, lambda: frames(b) >= 10)
    v = video(stop(b))
    need(v["width"] * v["height"] <= 396 * 256 and v["decode_errors"] == 0, "%r" % v)
    stop(a)
    bye(a, b)


def case_repeat():
    """A hundred calls in one pair of processes: no descriptor, thread or memory is left behind."""
    a = media("paris", args=("--sandbox", "off"), video_source="pattern:128x96@15")
    b = media("london", args=("--sandbox", "off"), video_source="pattern:128x96@15")
    counts = []
    for i in range(100):
        ra, rb, _ = connect(a, b)
        need(ra["msg"] == rb["msg"] == "started", "call %d: %r %r" % (i, ra, rb))
        stop(a)
        stop(b)
        counts.append((len(os.listdir("/proc/%d/fd" % b.proc.pid)), len(os.listdir("/proc/%d/task" % b.proc.pid))))
    need(counts[0] == counts[-1], "descriptors, threads: %r, then %r" % (counts[0], counts[-1]))
    bye(a, b)       # with a sanitizer a leak is an exit code


def case_orphan():
    """The parent goes away: so does the process. A peer is killed: the other stays."""
    a, b = media("paris"), media("london")
    connect(a, b)
    first(a)
    os.kill(b.proc.pid, signal.SIGKILL)
    b.proc.wait()
    need(a.ask({"msg": "stats"}, "stats")["msg"] == "stats", "answers")
    a.sock.close()
    need(a.proc.wait(20) == 0, "exit code")
    need(any(e["ev"] == "stats" and e["final"] for e in a.logged()), "its last numbers")


def case_bad():
    """Malformed messages are refused with a reason, and nothing else happens."""
    a = media("paris")
    for msg in ({}, {"msg": "none"}, {"msg": "start"}, {"msg": "start", "streams": [1]}, {"msg": "init"},
                {"msg": "update", "streams": []}, {"msg": "start", "streams": [{"kind": "smell"}]}):
        r = a.ask(msg, "failed")
        need(r["msg"] == "failed" and r["error"], "%r: %r" % (msg, r))
    a.sock.send(b"\xff\x00 no JSON")
    need(a.recv()["msg"] == "failed", "no JSON")
    peer = [udp(), udp()]
    s = stream("video", 0, "H264", 97, 90000, peer)
    need(a.ask({"msg": "start", "streams": [s]}, "started")["msg"] == "failed", "no descriptors")
    s["srtp_tx"] = {"suite": "ROT13", "key": "AAAA"}
    r = a.ask({"msg": "start", "streams": [s]}, "started", [x.fileno() for x in peer])
    need(r["msg"] == "failed", "unknown suite: %r" % r)
    bye(a)


def case_full():
    """No room for pictures: said once, and the call goes on."""
    full = os.environ["FULL"]
    a, b = media("paris"), Media(EXE, os.path.join(OUT, "london"), host="london", out_dir=full,
                                 video_source="pattern:320x180@15", audio_source="none", video_sink="picture")
    connect(a, b, audio=None)
    first(b)
    until(20, lambda: frames(b) >= 15)
    stop(b)
    stop(a)
    said = [e for e in b.logged() if e["ev"] == "log" and "pictures cannot be written" in e["msg"]]
    need(len(said) == 1, "%r" % said)
    bye(a, b)


def case_devices():
    """A window and sound devices under their own sandbox; no camera is there."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    a = media("paris", video_sink="window", audio_sink="alsa:null")
    b = media("london", video_source="camera:/dev/null", audio_source="alsa:null")
    need(a.ready["msg"] == b.ready["msg"] == "ready", "init: %r %r" % (a.ready, b.ready))
    connect(a, b)
    need("not a camera" in first(b, "source_error")["detail"], "detail")
    first(a)
    first(b)
    first(a, "first_audio")
    until(20, lambda: frames(a) >= 5)
    t = time.time()
    before = audio(b.ask({"msg": "stats"}, "stats"))["sent_frames"]
    until(5, lambda: time.time() - t > 1)
    rate = (audio(b.ask({"msg": "stats"}, "stats"))["sent_frames"] - before) / (time.time() - t)
    need(rate < 70, "a device without a clock gives %.0f packets a second" % rate)
    stop(a)
    stop(b)
    bye(a, b)


def case_ffmpeg_reads():
    """FFmpeg decodes what we send."""
    port = udp()
    rtp = port.getsockname()[1] & ~1
    port.close()
    sdp = os.path.join(OUT, "us.sdp")
    os.makedirs(OUT)
    with open(sdp, "w") as f:
        f.write("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video %d RTP/AVP 97\n"
                "a=rtpmap:97 H264/90000\na=fmtp:97 packetization-mode=1\n" % rtp)
    ff = subprocess.Popen(["ffmpeg", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file,udp,rtp",
                           "-i", sdp, "-frames:v", "30", "-f", "framemd5", os.path.join(OUT, "got.md5")],
                          stderr=subprocess.PIPE)
    a = media("paris", audio_source="none")
    ours, peer = [udp(), udp()], "127.0.0.1:%d"
    s = stream("video", 0, "H264", 97, 90000, ours, peer_rtp=peer % rtp, peer_rtcp=peer % (rtp + 1))
    need(a.ask({"msg": "start", "streams": [s]}, "started", [x.fileno() for x in ours])["msg"] == "started", "start")
    end = time.time() + 40
    while ff.poll() is None and time.time() < end:
        a.send({"msg": "keyframe"})
        time.sleep(0.3)
    if ff.poll() is None:
        ff.kill()
    err = ff.stderr.read().decode()
    got = len(md5s(os.path.join(OUT, "got.md5")))
    need(got == 30, "%d pictures: %s" % (got, err))
    stop(a)
    bye(a)


def case_ffmpeg_sends():
    """We decode what FFmpeg sends, picture by picture the same."""
    os.makedirs(OUT)
    src = os.path.join(OUT, "source.tsv")
    subprocess.run([EXE, "--decode", CLIP, "--hashes", src], check=True, stdout=subprocess.DEVNULL)
    know = set(md5s(src))
    a = media("paris", video_source="none", audio_source="none", log_frames=True)
    ours, theirs = [udp(), udp()], [udp(), udp()]
    ports = [x.getsockname()[1] for x in theirs]
    s = stream("video", 0, "H264", 97, 90000, theirs, send=False)
    to = "rtp://%s?rtcpport=%d&localrtpport=%d&localrtcpport=%d&pkt_size=1100" % (
        name(ours[0]), ours[1].getsockname()[1], ports[0], ports[1])
    need(a.ask({"msg": "start", "streams": [s]}, "started", [x.fileno() for x in ours])["msg"] == "started", "start")
    for x in theirs:
        x.close()
    r = subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-i", CLIP, "-an", "-c", "copy", "-bsf:v",
                        "h264_mp4toannexb", "-payload_type", "97", "-f", "rtp", to], capture_output=True, timeout=60)
    need(r.returncode == 0, r.stderr.decode())
    until(10, lambda: frames(a) >= len(know) * 9 // 10)
    stop(a)
    bye(a)
    seen = md5s(os.path.join(a.out, "pictures", "frames.tsv"))
    need(set(seen) <= know, "%d pictures differ" % len(set(seen) - know))


globals()["case_" + sys.argv[1]](*sys.argv[2:])
