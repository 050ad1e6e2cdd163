#!/bin/bash
# alone.sh SOURCE_DIR DIR_OF_YAML_PC: the policy tool builds, installs and works with no library but libyaml to be found,
# and brings nothing that speaks of the daemons. TAP.
set -u
source=$1 pc=$2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0 failed=0

# ok NAME COMMAND...
ok() {
	local name=$1

	shift
	n=$((n + 1))
	if "$@" >"$out/said" 2>&1; then
		echo "ok $n - $name"
	else
		failed=1
		echo "not ok $n - $name"
		tail -n 20 "$out/said" | sed 's/^/# /'
	fi
}

mkdir "$out/pc"
ln -s "$pc/yaml-0.1.pc" "$out/pc/"
export PKG_CONFIG_LIBDIR=$out/pc
ok "configures with libyaml alone" meson setup "$out/build" "$source" -Dmedia=disabled -Dtests=false -Doptimization=0
ok "builds" ninja -C "$out/build"
ok "installs" env DESTDIR="$out/root" meson install -C "$out/build" --no-rebuild
visavis=$out/root/usr/local/bin/visavis
ok "needs libyaml and libc" sh -c "ldd '$visavis' | awk '{ print \$1 }' | grep -vqE 'linux|libyaml|libc\\.' && exit 1 || exit 0"
ok "brings manuals of what it has" sh -c "find '$out/root' -name '*.[18]' -printf '%f\\n' | LC_ALL=C sort | tr '\\n' ' ' | grep -qx 'visavis-plan.1 visavis-policy.1 visavis.1 '"
ok "compiles a site" sh -c "'$visavis' policy compile --to ios -o '$out' '$source/lab/sites/demo.yaml'"
ok "audits what it compiled" sh -c "'$visavis' policy audit '$source/lab/sites/demo.yaml' '$out/core.ios'"
echo "1..$n"
exit $failed
