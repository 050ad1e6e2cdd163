#!/usr/bin/env python3
"""Hold meetings in the lab and print the figures: meeting.py [NAME...]

  1080p   both rooms send a 1080p30 clip at 4 Mb/s as it is encoded
  720p    both rooms send the test pattern at 720p30, encoded live
  demo    ./demo from command to report, build included, packages installed

Each figure is printed beside its target; nothing here is a test, the machine
is shared. Results go to out/bench/<name>.json.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "bench"
SECONDS = 20


def site_with(name, video, audio):
    """The demo site with both rooms' sources replaced; {} stands for the room."""
    lines, room = [], None
    for line in (ROOT / "lab/sites/demo.yaml").read_text().splitlines():
        key = line.strip().split(":")[0]
        if line.startswith("  ") and not line.startswith("   "):
            room = key
        if key == "source-video":
            line = f"    source-video: {video.format(room)}"
        if key == "source-audio":
            line = f"    source-audio: {audio.format(room)}"
        lines.append(line)
    path = OUT / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def lab_run(name, video, audio, *options):
    OUT.mkdir(parents=True, exist_ok=True)
    site = site_with(name, video, audio)
    out = OUT / name
    shutil.rmtree(out, ignore_errors=True)
    visavis = ROOT / "build/tools/visavis/visavis"
    subprocess.run([visavis, "lab", "run", site, "--out", out, "--seconds", str(SECONDS), *options],
                   check=True, stdout=subprocess.DEVNULL)
    return json.loads((out / "report.json").read_text())


def hashes(path):
    return [line.split("\t")[0] for line in path.read_text().splitlines() if not line.startswith("#")]


def frames_equal(name, sender, receiver):
    """How many pictures the receiver decoded, and how many of them are the clip's, in its order."""
    clip = OUT / name / "media" / f"{sender}.mp4"
    table = OUT / name / f"{sender}.tsv"
    media = ROOT / "build/daemons/media/visavis-media"
    subprocess.run([media, "--decode", clip, "--hashes", table], check=True, stdout=subprocess.DEVNULL)
    source = hashes(table)
    seen = hashes(OUT / name / "pictures" / receiver / "frames.tsv")
    at = source.index(seen[0]) if seen and seen[0] in source else 0
    equal = sum(h == source[(at + i) % len(source)] for i, h in enumerate(seen))
    return len(seen), equal


def show(what, value, unit, target):
    print(f"  {what:<48} {value!s:>9} {unit:<3} target {target}")


def common(report):
    streams = report["streams"]
    show("packets lost, all streams", sum(s["lost"] for s in streams), "", "0")
    show("packets dropped by the firewall", report["dropped_packets"], "", "0")
    show("dial to first decoded picture", round(report["first_picture_ms"]), "ms", "< 200")
    show("lip sync, worst 95th percentile", report["lip_sync_ms"], "ms", "< 40")


def bench_1080p():
    report = lab_run("1080p", "file:{}.mp4", "file:{}.mp4", "--frames")
    print(f"1080p30 at 4 Mb/s both ways, {SECONDS} s")
    common(report)
    for s in report["streams"]:
        show(f"{s['from']} to {s['to']} {s['media']}: packets/s", round(s["packets"] / SECONDS), "",
             "50" if s["media"] == "audio" else "about 450")
    report["frames"] = {}
    for sender, receiver in (("paris", "london"), ("london", "paris")):
        seen, equal = frames_equal("1080p", sender, receiver)
        report["frames"][receiver] = {"seen": seen, "equal": equal}
        show(f"{receiver}: decoded pictures equal to the clip's", f"{equal}/{seen}", "", "all")
    return report


def bench_720p():
    report = lab_run("720p", "pattern:1280x720@30", "tone")
    print(f"720p30 encoded live both ways, {SECONDS} s")
    common(report)
    for s in report["streams"]:
        if s["media"] == "video":
            show(f"{s['from']} to {s['to']}: picture delay ({s['delay_by']}), mean", s["delay_ms"], "ms", "< 120")
            show(f"{s['from']} to {s['to']}: 95th percentile", s["delay_p95_ms"], "ms", "< 120")
    return report


def bench_demo():
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    shutil.rmtree(ROOT / "out/demo", ignore_errors=True)
    start = time.monotonic()
    subprocess.run([ROOT / "demo"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    print("./demo, nothing built before")
    show("command to report", round(seconds, 1), "s", "< 60")
    return {"seconds": seconds}


BENCHES = {"1080p": bench_1080p, "720p": bench_720p, "demo": bench_demo}

names = sys.argv[1:] or list(BENCHES)
unknown = [n for n in names if n not in BENCHES]
if unknown:
    sys.exit(f"no bench {unknown[0]}; there are {', '.join(BENCHES)}")
if any(n != "demo" for n in names):
    subprocess.run(["sh", "-c", "packaging/install build run && "
                    "{ [ -f build/build.ninja ] || meson setup build -Dtests=false >/dev/null; } && "
                    "ninja -C build --quiet"], cwd=ROOT, check=True)
OUT.mkdir(parents=True, exist_ok=True)
for n in names:
    result = BENCHES[n]()
    (OUT / f"{n}.json").write_text(json.dumps(result, indent=1))
