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


def site_with(name, source):
    """The demo site with both rooms' source-video replaced."""
    text = (ROOT / "lab/sites/demo.yaml").read_text().splitlines()
    lines = []
    for line in text:
        if line.lstrip().startswith("source-video:"):
            line = line[: len(line) - len(line.lstrip())] + f"source-video: {source}"
        elif "source-video:" in line:
            raise SystemExit("lab/sites/demo.yaml: source-video must stand on a line of its own")
        lines.append(line)
    path = OUT / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def lab_run(name, source, seconds):
    OUT.mkdir(parents=True, exist_ok=True)
    site = site_with(name, source)
    out = OUT / name
    shutil.rmtree(out, ignore_errors=True)
    visavis = ROOT / "build/tools/visavis/visavis"
    subprocess.run([visavis, "lab", "run", site, "--out", out, "--seconds", str(seconds)], check=True)
    return json.loads((out / "report.json").read_text())


def show(what, value, unit, target):
    print(f"  {what:<44} {value!s:>10} {unit:<4} target {target}")


def worst(streams, field, part):
    values = [s[field][part] for s in streams if s.get(field) and s[field].get(part) is not None]
    return max(values) if values else None


def common(report):
    streams = report["streams"]
    show("packets lost, all streams", sum(s["lost"] for s in streams), "", "0")
    show("packets dropped by the firewall", len(report["dropped"]), "", "0")
    show("dial to first decoded picture", report["first_picture_ms"], "ms", "< 200")
    show("lip sync, worst 95th percentile", worst([{"l": report["lip_sync_ms"]}], "l", "p95")
         if "p95" in (report["lip_sync_ms"] or {}) else report["lip_sync_ms"], "ms", "< 40")


def bench_1080p():
    report = lab_run("1080p", "file:1920x1080@30", 20)
    print("1080p30 at 4 Mb/s both ways, 20 s")
    common(report)
    for s in report["streams"]:
        frames = s.get("frames_compared"), s.get("frames_identical")
        rate = s["packets"] / 20
        what = f"{s['from']} to {s['to']} {s['media']}"
        show(f"{what}: packets/s", round(rate), "", "~ 450 video, 50 audio")
        if frames[0] is not None:
            show(f"{what}: decoded frames equal to the source's", f"{frames[1]}/{frames[0]}", "", "all")
    return report


def bench_720p():
    report = lab_run("720p", "pattern:1280x720@30", 20)
    print("720p30 encoded live both ways, 20 s")
    common(report)
    video = [s for s in report["streams"] if s["media"] == "video"]
    show("picture delay by time code, worst 95th perc.", worst(video, "delay_ms", "p95"), "ms", "< 120")
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
