#!/bin/bash
# The report in a browser: no script error, nothing fetched, no wider than a desktop's or a telephone's window, every
# picture shown, no text of a stranger run as code. Results are TAP.
set -u
: "${VISAVIS_SOURCE:?}" "${VISAVIS_BUILD:?}"
chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ]; then
	echo "1..0 # SKIP no chromium"
	exit 0
fi

T=$(mktemp -d "$VISAVIS_BUILD/tests/tmp.XXXXXX")
trap 'rm -rf "$T"' EXIT
n=0
failed=0
ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		failed=1
	fi
}

mkdir "$T/run" "$T/home"
python3 "$VISAVIS_SOURCE/tests/golden/report/make.py" "$T/run"
"$VISAVIS_BUILD/tests/system/proof_try" report "$VISAVIS_SOURCE/lab/sites/demo.yaml" "$T/run" "$T/run" >"$T/text"
ok $? "the report is written"

# Loopback only: whatever the page wanted from elsewhere would fail, and be logged.
browse() {
	HOME=$T/home timeout 120 unshare -rn "$chromium" --headless --no-sandbox --disable-gpu --disable-quic \
		--no-first-run --disable-background-networking --disable-component-update --disable-sync \
		--disable-dev-shm-usage --user-data-dir="$T/profile" --enable-logging=stderr --hide-scrollbars \
		--virtual-time-budget=8000 "$@" 2>"$T/stderr"
}

browse --dump-dom "file://$T/run/report.html" >"$T/dom"
grep -q '</html>' "$T/dom"
ok $? "the page loads"
# the browser's own pages complain about a slow machine; ours must not say a word
! grep CONSOLE "$T/stderr" | grep -v 'source: chrome://' | sed 's/^/# /' | grep .
ok $? "nothing is complained about on the console"
! grep -q '<script' "$T/dom"
ok $? "no script is on the page"

# A copy of the page measures itself inside frames of given widths and tells its parent.
python3 - "$T" <<'P'
import sys
t = sys.argv[1]
page = open(t + "/run/report.html", encoding="utf-8").read()
start = page.index('<meta http-equiv="Content-Security-Policy"')
page = page[:start] + page[page.index(">", start) + 1:]
probe = """<script>addEventListener("load", () => {
const d = document.documentElement;
const wide = [...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, pre, .skip") &&
  e.getBoundingClientRect().right > d.clientWidth + 1).map(e => e.tagName + "." + e.className);
const dark = [...document.images].filter(i => !i.complete || !i.naturalWidth || !i.alt).length;
const heads = [...document.querySelectorAll("table")].filter(t => !t.querySelector("thead th[scope=col]")).length;
const ids = [...document.querySelectorAll("nav a")].filter(a => !document.querySelector(a.getAttribute("href"))).length;
parent.postMessage([innerWidth, d.scrollWidth, wide.length, document.images.length, dark, heads, ids,
  wide.slice(0, 5).join(" ")].join(","), "*");
});</script></body>"""
open(t + "/run/copy.html", "w", encoding="utf-8").write(page.replace("</body>", probe))
frames = "".join(f'<iframe src="run/copy.html" width="{w}" height="900" style="border:0"></iframe>' for w in (1280, 390, 320))
open(t + "/frames.html", "w").write(f"""<!DOCTYPE html><body>{frames}<pre id="r"></pre><script>
addEventListener("message", e => document.getElementById("r").append("MEASURED " + e.data + "\\n"));</script></body>""")
P
browse --dump-dom --window-size=1400,900 "file://$T/frames.html" >"$T/frames"
grep -o 'MEASURED.*' "$T/frames" | sed 's/^/# /'
for w in 1280 390 320; do
	grep -o "MEASURED $w,.*" "$T/frames" | awk -F'[ ,]' '{ exit !($3 <= $2 && $4 == 0) }' && grep -q "MEASURED $w," "$T/frames"
	ok $? "no wider than $w pixels"
done
grep -o "MEASURED 1280,.*" "$T/frames" | awk -F'[ ,]' '{ exit !($5 == 4 && $6 == 0) }'
ok $? "four pictures, each shown and with a text"
grep -o "MEASURED 1280,.*" "$T/frames" | awk -F'[ ,]' '{ exit !($7 == 0 && $8 == 0) }'
ok $? "every table has heads, every link of the page its place"
! grep -q 'alert' "$T/stderr" && grep -q 'INVITE sip:1002@callcontrol.demo;x=&lt;img' "$T/run/report.html"
ok $? "what a stranger sent is shown, not run"
awk 'length > 80 { exit 1 }' "$T/text"
ok $? "the summary fits 80 columns"

echo "1..$n"
exit "$failed"
