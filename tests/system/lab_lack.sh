#!/bin/bash
# What a machine may lack: programs, room on the disk, open files, plain names. Each is said in a line, and nothing is left.
. "$VISAVIS_SOURCE/tests/system/lib.sh"

site() { # ROOM
	cat >"$T/site.yaml" <<-YAML
	site: small
	networks: { left: 10.92.1.0/24, right: 10.92.2.0/24 }
	hosts:
	  desk: { role: admin, address: 10.92.1.10 }
	  services: { role: [dns, ntp], address: 10.92.2.53 }
	  ${1:-}
	firewalls:
	  wall: { dialect: nftables, interfaces: { left: left, right: right } }
	YAML
}
site
S=$T/site.yaml
bin=$(dirname "$(command -v visavis)")

# says TEXT COMMAND...: it fails, and one of its lines says so
says() {
	local text=$1
	shift
	"$@" >"$T/said" 2>&1 && return 1
	cat "$T/said"
	grep -q "$text" "$T/said" && ! grep -qE 'Sanitizer|runtime error' "$T/said"
}

# programs
mkdir "$T/bin"
for p in ip nft ping; do ln -s "$(command -v $p)" "$T/bin/"; done
without_sbin() { unshare -m sh -c 'mount -t tmpfs none /usr/sbin && PATH=$1 exec visavis lab up "$2" --out "$3"' - \
	"$T/bin:$bin:/usr/bin:/bin" "$S" "$T/out"; }
if [ -x /usr/sbin/dnsmasq ] && [ -x /usr/sbin/chronyd ]; then
	check "missing programs are named with their packages" says "dnsmasq, chronyd; apt-get install .*dnsmasq-base chrony" without_sbin
	check "and nothing was begun" test ! -e "$T/out"
else
	skip "missing programs" "dnsmasq and chronyd are elsewhere"
fi

# open files, names
check "too few open files" says "ulimit -n" bash -c "ulimit -n 32; visavis lab up $S --out $T/out"
long=$T/$(printf 'x%.0s' {1..160})
check "a name that is too long" says "plainer name" visavis lab up "$S" --out "$long"
check "nothing was made for it" test ! -e "$long"
check "a folder that cannot be made" says "cannot write to /proc/none" visavis lab up "$S" --out /proc/none
mkdir "$T/it's a \$folder"
cp "$S" "$T/it's a \$folder/site.yaml"
check "a name with spaces and quotes" timeout 100 visavis lab up "$T/it's a \$folder/site.yaml" \
	--out "$T/it's a \$folder/out" --detach
check "is found again" timeout 30 visavis lab exec --out "$T/it's a \$folder/out" "$T/it's a \$folder/site.yaml" \
	desk ping -c 1 -W 5 10.92.2.53
check "and ends" timeout 30 visavis lab down "$T/it's a \$folder/site.yaml" --out "$T/it's a \$folder/out"

# nobody reads what it prints
check "standard output closed" bash -c "timeout 100 visavis lab up $S --out $T/out --detach >&-"
check "it runs" timeout 30 visavis lab exec --out "$T/out" "$S" desk true
visavis lab down "$S" --out "$T/out" >"$T/down" 2>&1
check "a pipe that is closed" bash -c "timeout 100 visavis lab up $S --out $T/out --detach | true; exit \${PIPESTATUS[0]}"
visavis lab down "$S" --out "$T/out" >"$T/down" 2>&1

# the disk
mkdir "$T/disk"
small_disk() { # SIZE: once with a disk of this size; what it printed is in $T/said
	mount -t tmpfs -o "size=$1" none "$T/disk"
	says "$2" timeout 100 visavis lab run "$S" --out "$T/disk/out" --seconds 1
	local code=$?
	umount -l "$T/disk"
	return $code
}
check "no room for a file" small_disk 16k "No space left on device\|kB of room in"
site 'paris: { role: codec, address: 10.92.1.11, number: "1001", source-video: "file:clip.mp4" }'
check "no room for a clip" small_disk 200k "No space left on device\|kB of room in"
finish
