/*
 * The kernel as a judge of what a configuration means: packets at the edges
 * of its rules are sent through it, and what arrives is held against what the
 * reader made of it.
 *
 *   policy_oracle CONFIG PID-SENDER PID-RECEIVER IN OUT MAC-OF-IN SEED COUNT [stateless|flows]
 *
 * "stateless": all flags, fragments, IPv6 extension headers. "flows": packets that
 * open one, no two of them of the same flow in two directions. IN and OUT are
 * the names that CONFIG has for the links, which may be another dialect's text
 * than what the kernel holds. The rules asked one by one, `explain` and the
 * flattened lists must say the same of each packet.
 *
 * It runs in the firewall's namespace; the senders' and receivers' links are
 * eth0 of theirs. The sending side is bound to one processor, so that packets
 * keep their order: a packet that passes for certain ends each batch.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/policy/audit/device.h"
#include "lib/policy/audit/explain.h"
#include "tests/unit/read_check.h"

enum { BATCH = 128, PACKET_MAX = 128, MAGIC = 0x76697361, WAIT_MS = 10000 };

struct oracle {
	struct read_case read;
	struct sbuf text;
	const char *in, *out;
	int tx, rx;
	struct sockaddr_ll to4, to6;
	bool stateless, flows;
	struct device device;
	struct config *config[1];	/* of the device */
	struct arena mem;
	uint64_t rng;
	struct ip_addr *addrs;		/* edges */
	size_t naddrs, addrs_cap;
	uint16_t *ports;
	size_t nports, ports_cap;
	struct eval_packet sure;	/* passes for certain */
	bool have_sure;
	unsigned long sent, passed, refused, unknown, wrong, unlike;
};


static void die(const char *what)
{
	(void)fprintf(stderr, "policy_oracle: %s: %s\n", what, strerror(errno));
	exit(3);
}


static size_t pick(struct oracle *o, size_t n)
{
	o->rng ^= o->rng << 13;
	o->rng ^= o->rng >> 7;
	o->rng ^= o->rng << 17;
	return (size_t)(o->rng % n);
}


static int open_in(const char *pid)
{
	char path[64];
	struct sockaddr_ll sll = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003) };
	int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), ns, fd, size = 8 << 20;

	(void)snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (back < 0 || ns < 0 || setns(ns, CLONE_NEWNET))
		die(path);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sll.sll_ifindex = (int)if_nametoindex("eth0");
	if (fd < 0 || bind(fd, (struct sockaddr *)&sll, sizeof(sll)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("packet socket");
	if (setns(back, CLONE_NEWNET))
		die("setns");
	(void)close(ns);
	(void)close(back);
	return fd;
}


static struct sockaddr_ll target(uint16_t ethertype, const char *mac, int fd)
{
	struct sockaddr_ll own, to = { .sll_family = AF_PACKET, .sll_protocol = htons(ethertype),
				       .sll_halen = 6 };
	socklen_t len = sizeof(own);
	unsigned b[6];

	if (sscanf(mac, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6 ||
	    getsockname(fd, (struct sockaddr *)&own, &len))
		die("address of the link");
	for (int i = 0; i < 6; i++)
		to.sll_addr[i] = (unsigned char)b[i];
	to.sll_ifindex = own.sll_ifindex;
	return to;
}


/* What a router forwards at all: no loopback, multicast, link-local */
static bool usable(const struct ip_addr *a)
{
	if (a->family == 4)
		return a->b[0] > 0 && a->b[0] < 224 && a->b[0] != 127 &&
		       !(a->b[0] == 169 && a->b[1] == 254) && !(a->b[0] == 198 && a->b[1] == 18);
	return (a->b[0] & 0xe0) == 0x20 || (a->b[0] & 0xfe) == 0xfc;
}


static void add_addr(struct oracle *o, pset_addr v, uint8_t family)
{
	struct ip_addr a = { .family = family };
	unsigned n = family == 4 ? 4 : 16;

	for (unsigned i = 0; i < n; i++)
		a.b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	if (!usable(&a))
		return;
	for (size_t i = 0; i < o->naddrs; i++)
		if (!ip_cmp(&o->addrs[i], &a))
			return;
	if (arena_grow(&o->read.c.mem, (void **)&o->addrs, o->naddrs, &o->addrs_cap, sizeof(a)))
		die("memory");
	o->addrs[o->naddrs++] = a;
}


static void add_port(struct oracle *o, unsigned port)
{
	for (size_t i = 0; i < o->nports; i++)
		if (o->ports[i] == (uint16_t)port)
			return;
	if (arena_grow(&o->read.c.mem, (void **)&o->ports, o->nports, &o->ports_cap, 2))
		die("memory");
	o->ports[o->nports++] = (uint16_t)port;
}


static void edges_of(struct oracle *o, const struct pset_box *b)
{
	for (int end = 0; end < 2; end++)
		for (int step = -1; step <= 1; step++) {
			uint8_t family = b->lo[PSET_FAMILY] ? 6 : 4;

			add_addr(o, b->alo[end] + (pset_addr)step, family);
			add_addr(o, b->ahi[end] + (pset_addr)step, family);
			add_port(o, b->lo[PSET_SPORT + end] + (unsigned)step);
			add_port(o, b->hi[PSET_SPORT + end] + (unsigned)step);
		}
}


static void edges(struct oracle *o)
{
	static const char *const more[] = { "10.200.0.1", "203.0.113.7", "fd77::7", "2001:db8:77::7" };

	for (size_t i = 0; i < o->read.c.nlists; i++)
		for (size_t k = 0; k < o->read.c.lists[i].nrules; k++)
			for (size_t b = 0; b < o->read.c.lists[i].rules[k].nboxes && b < 64; b++)
				edges_of(o, &o->read.c.lists[i].rules[k].boxes[b]);
	for (size_t i = 0; i < 4; i++) {
		struct ip_addr a;

		if (!ip_parse(&a, more[i])) {
			struct pset_packet p = {0};

			packet_addr(&p, PSET_SRC, &a);
			add_addr(o, p.addr[PSET_SRC], a.family);
			add_addr(o, p.addr[PSET_SRC] + 1, a.family);
		}
	}
	for (unsigned port = 1; port < 65536; port += 9973)
		add_port(o, port);
}


static void take_l4(struct oracle *o, struct eval_packet *k, bool six)
{
	static const uint8_t types4[] = { 0, 3, 8, 11, 13, 5 }, types6[] = { 1, 2, 3, 128, 129 };
	static const uint8_t flags[] = { CONFIG_SYN, CONFIG_ACK, CONFIG_SYN | CONFIG_ACK, CONFIG_RST,
		CONFIG_FIN | CONFIG_ACK, CONFIG_SYN | CONFIG_URG, 0, CONFIG_PSH | CONFIG_ACK };
	size_t what = pick(o, 8);

	k->p.field[PSET_PROTOCOL] = what < 4 ? 6 : what < 6 ? 17 : what == 6 ? (six ? 58 : 1) :
				    o->stateless ? 253 : 17;
	if (k->p.field[PSET_PROTOCOL] == 1 || k->p.field[PSET_PROTOCOL] == 58) {
		k->p.field[PSET_ICMP_TYPE] = six ? types6[pick(o, sizeof(types6))] : types4[pick(o, sizeof(types4))];
		k->p.field[PSET_ICMP_CODE] = (uint16_t)(pick(o, 2) ? 0 : pick(o, 6));
		if (!o->stateless) {
			k->p.field[PSET_ICMP_TYPE] = six ? 128 : 8;
			k->p.field[PSET_ICMP_CODE] = 0;
		}
		return;
	}
	if (k->p.field[PSET_PROTOCOL] == 253)
		return;
	k->p.field[PSET_SPORT] = o->ports[pick(o, o->nports)];
	k->p.field[PSET_DPORT] = o->ports[pick(o, o->nports)];
	if (k->p.field[PSET_PROTOCOL] == 6)
		k->p.flags = flags[pick(o, o->flows ? 1 : o->stateless ? sizeof(flags) : 2)];
}


/* A flow belongs to one of the two directions of the test, and is opened from
 * one end alone: else the kernel would know it when the reader thinks it new. */
static bool flow_is_ours(const struct oracle *o, const struct pset_packet *p)
{
	bool up = p->addr[PSET_SRC] < p->addr[PSET_DST];
	int a = up ? PSET_SRC : PSET_DST;
	uint64_t h = (uint64_t)p->addr[a] * 31 + (uint64_t)p->addr[!a] * 131 +
		     p->field[a ? PSET_DPORT : PSET_SPORT] * 17u + p->field[a ? PSET_SPORT : PSET_DPORT];

	h ^= h >> 17;
	h *= 0x9e3779b97f4a7c15ull;
	return (h >> 40 & 1) == (strcmp(o->in, o->out) > 0) && (h >> 41 & 1) == up;
}


static struct eval_packet random_packet(struct oracle *o)
{
	struct eval_packet k = { .state = CONFIG_NEW, .in = o->in, .out = o->out };
	const struct ip_addr *src, *dst;

	do {
		src = &o->addrs[pick(o, o->naddrs)];
		dst = &o->addrs[pick(o, o->naddrs)];
		/* state: keep a flow's answer from being one of an earlier packet */
	} while (src->family != dst->family || (!o->stateless && ip_cmp(src, dst) >= 0 ? pick(o, 2) : 0) ||
		 !ip_cmp(src, dst));
	packet_addr(&k.p, PSET_SRC, src);
	packet_addr(&k.p, PSET_DST, dst);
	if (o->stateless)
		k.p.field[PSET_DSCP] = (uint16_t)(pick(o, 3) ? 0 : pick(o, 64));
	take_l4(o, &k, src->family == 6);
	if (o->flows && !flow_is_ours(o, &k.p))
		return random_packet(o);
	if (o->stateless && !pick(o, 8)) {
		k.p.field[PSET_FRAGMENT] = 1;
		k.p.field[PSET_SPORT] = k.p.field[PSET_DPORT] = 0;
		k.p.field[PSET_ICMP_TYPE] = k.p.field[PSET_ICMP_CODE] = 0;
		k.p.flags = 0;
	}
	return k;
}


static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (n & 1)
		sum += (uint32_t)p[n - 1] << 8;
	return sum;
}


static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}


static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}


static void put_addr(uint8_t *p, pset_addr v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}


/* The transport header and the index behind it; @return the length */
static size_t write_l4(uint8_t *b, const struct eval_packet *k, uint32_t index, size_t *csum)
{
	unsigned proto = k->p.field[PSET_PROTOCOL];
	size_t n = proto == 6 ? 20 : proto == 253 ? 0 : 8;

	if (k->p.field[PSET_FRAGMENT])
		n = 0;
	*csum = n == 0 ? 0 : proto == 6 ? 16 : proto == 17 ? 6 : 2;
	if (n && (proto == 6 || proto == 17)) {
		put16(b, k->p.field[PSET_SPORT]);
		put16(b + 2, k->p.field[PSET_DPORT]);
	} else if (n) {
		b[0] = (uint8_t)k->p.field[PSET_ICMP_TYPE];
		b[1] = (uint8_t)k->p.field[PSET_ICMP_CODE];
		put16(b + 4, index & 0xffff);
	}
	if (n && proto == 17)
		put16(b + 4, (unsigned)n + 8);
	if (n && proto == 6) {
		b[12] = 5 << 4;
		b[13] = k->p.flags;
		b[7] = (uint8_t)index;
	}
	put16(b + n, MAGIC >> 16);
	put16(b + n + 2, MAGIC & 0xffff);
	put16(b + n + 4, index >> 16);
	put16(b + n + 6, index & 0xffff);
	return n + 8;
}


/* IPv6: a later fragment's header, or now and then options that a list must
 * look behind; @return the length */
static size_t write_extension(uint8_t *b, const struct eval_packet *k, uint8_t *next, uint32_t index)
{
	if (!k->p.field[PSET_FRAGMENT] && index % 8 != 3)
		return 0;
	b[0] = (uint8_t)k->p.field[PSET_PROTOCOL];
	if (k->p.field[PSET_FRAGMENT]) {
		*next = 44;
		put16(b + 2, 100 << 3);
		put16(b + 6, index & 0xffff);
	} else {
		*next = 60;
		b[2] = 1;		/* PadN of four bytes */
		b[3] = 4;
	}

	return 8;
}


static void write_checksum(uint8_t *b, uint8_t *l4, size_t n, size_t csum, unsigned proto, bool six)
{
	size_t head = six ? 40 : 20, alen = six ? 16 : 4;
	uint32_t sum = proto == 1 ? 0 : sum16((uint32_t)proto + (uint32_t)n, b + head - 2 * alen, 2 * alen);
	uint16_t v = fold(sum16(sum, l4, n));

	put16(l4 + csum, proto == 17 && !v ? 0xffff : v);
}


static size_t write_packet(struct oracle *o, uint8_t b[PACKET_MAX], const struct eval_packet *k,
			   uint32_t index)
{
	bool six = k->p.field[PSET_FAMILY];
	size_t head = six ? 40 : 20, alen = six ? 16 : 4, csum, ext = 0, n;
	unsigned proto = k->p.field[PSET_PROTOCOL];
	uint8_t next = (uint8_t)proto;

	memset(b, 0, PACKET_MAX);
	if (six && o->stateless)
		ext = write_extension(b + head, k, &next, index);
	n = write_l4(b + head + ext, k, index, &csum);
	if (six) {
		put16(b, 0x6000 | (unsigned)k->p.field[PSET_DSCP] << 6);
		put16(b + 4, (unsigned)(n + ext));
		b[6] = next;
		b[7] = 64;
	} else {
		b[0] = 0x45;
		b[1] = (uint8_t)(k->p.field[PSET_DSCP] << 2);
		put16(b + 2, (unsigned)(head + n));
		put16(b + 4, index & 0xffff);
		put16(b + 6, k->p.field[PSET_FRAGMENT] ? 100 : 0);
		b[8] = 64;
		b[9] = (uint8_t)proto;
	}
	put_addr(b + head - 2 * alen, k->p.addr[PSET_SRC], (unsigned)alen);
	put_addr(b + head - alen, k->p.addr[PSET_DST], (unsigned)alen);
	if (!six)
		put16(b + 10, fold(sum16(0, b, 20)));
	if (csum)
		write_checksum(b, b + head + ext, n, csum, proto, six);
	return head + ext + n;
}


static bool read_index(const uint8_t *b, size_t n, uint32_t *index)
{
	const uint8_t *p;

	if (n < 28)
		return false;
	p = b + n - 8;
	if (((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) != MAGIC)
		return false;
	*index = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	return true;
}


static size_t transmit(struct oracle *o, const struct eval_packet *k, uint32_t index)
{
	uint8_t b[PACKET_MAX];
	size_t n = write_packet(o, b, k, index);
	const struct sockaddr_ll *to = k->p.field[PSET_FAMILY] ? &o->to6 : &o->to4;

	if (sendto(o->tx, b, n, 0, (const struct sockaddr *)to, sizeof(*to)) != (ssize_t)n)
		die("send");
	o->sent++;
	return n;
}


/* Read what came until the packet `last` did; an error that quotes a packet is
 * longer than it. @return false: it did not come */
static bool receive(struct oracle *o, uint32_t first, uint32_t last, const size_t *len, bool *came)
{
	uint8_t b[2048];
	struct pollfd fd = { .fd = o->rx, .events = POLLIN };
	struct sockaddr_ll from;

	for (;;) {
		socklen_t from_len = sizeof(from);
		uint32_t index;
		ssize_t n;

		if (poll(&fd, 1, WAIT_MS) <= 0)
			return false;
		n = recvfrom(o->rx, b, sizeof(b), 0, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			die("receive");
		if (from.sll_pkttype == PACKET_OUTGOING || !read_index(b, (size_t)n, &index))
			continue;
		if (index < first || index > last || (size_t)n != len[index - first])
			continue;
		if (index == last)
			return true;
		came[index - first] = true;
	}
}


static void show(const struct eval_packet *k, enum eval want, bool came)
{
	struct ip_addr a = pset_packet_addr(&k->p, PSET_SRC), b = pset_packet_addr(&k->p, PSET_DST);
	char s[IP_STRLEN], d[IP_STRLEN];

	(void)printf("# proto %u %s %u > %s %u icmp %u/%u flags %#x dscp %u fragment %u: reader says %s, kernel %s\n",
		     k->p.field[PSET_PROTOCOL], ip_str(&a, s), k->p.field[PSET_SPORT], ip_str(&b, d),
		     k->p.field[PSET_DPORT], k->p.field[PSET_ICMP_TYPE], k->p.field[PSET_ICMP_CODE], k->p.flags,
		     k->p.field[PSET_DSCP], k->p.field[PSET_FRAGMENT], want == EVAL_PERMIT ? "permit" : "deny",
		     came ? "passed it" : "did not");
}


static int take_step(const struct device_step *s, void *arg)
{
	if (s->last)
		*(enum eval *)arg = s->verdict == FLAT_PERMIT ? EVAL_PERMIT :
				    s->verdict == FLAT_DENY ? EVAL_DENY : EVAL_UNKNOWN;
	return 0;
}


/* What the flattened lists say */
static enum eval flat_says(struct oracle *o, const struct eval_packet *k)
{
	size_t in = flat_iface_find(&o->device.ifaces, k->in);
	size_t out = flat_iface_find(&o->device.ifaces, k->out);
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };
	enum eval v = EVAL_NONE;
	struct pset_box q;

	pset_box_init(&q, k->p.field[PSET_FAMILY] ? 6 : 4);
	memcpy(q.lo, k->p.field, sizeof(q.lo));
	memcpy(q.hi, k->p.field, sizeof(q.hi));
	for (int end = 0; end < 2; end++)
		q.alo[end] = q.ahi[end] = k->p.addr[end];
	q.flags_mask = 0xff;
	q.flags = k->p.flags;
	q.lo[PSET_STATE] = q.hi[PSET_STATE] = 1;
	q.lo[PSET_IN] = q.hi[PSET_IN] = (uint16_t)in;
	q.lo[PSET_OUT] = q.hi[PSET_OUT] = (uint16_t)out;
	if (device_follow(&o->device, in, out, &q, 0, &budget, take_step, &v))
		die("flattened lists");
	return v;
}


/* What `explain` says, list by list */
static enum eval explain_says(struct oracle *o, const struct eval_packet *k)
{
	struct explain_where where = { k->in, k->out };
	const struct config *c = &o->read.c;
	struct pset_packet p = k->p;
	enum eval all = EVAL_PERMIT;

	p.field[PSET_STATE] = 1;
	for (size_t i = 0; i < c->nhooks; i++) {
		const struct config_hook *h = &c->hooks[i];
		const struct config_list *l = config_list_find(c, h->list, h->family);
		enum flat_class v = FLAT_UNKNOWN;

		if (h->where == CONFIG_LOCAL || (h->family && h->family != (p.field[PSET_FAMILY] ? 6 : 4)) ||
		    (h->iface && h->where != CONFIG_FORWARD &&
		     !config_iface_named(c, h->iface, h->where == CONFIG_IN ? k->in : k->out)))
			continue;
		if (l && explain_list(&v, c, l, &p, &where, NULL, NULL))
			die("explain");
		if (v == FLAT_DENY)
			return EVAL_DENY;
		if (v != FLAT_PERMIT)
			all = EVAL_UNKNOWN;
	}

	return all;
}


static void compare(struct oracle *o, const struct eval_packet *k, enum eval want)
{
	enum eval flat = flat_says(o, k), told = explain_says(o, k);

	/* a rule in doubt before one that says the same: only some see that */
	if (want == EVAL_UNKNOWN || (flat == want && told == want) || o->unlike++ >= 20)
		return;
	(void)printf("# rules %d, flattened %d, explain %d:\n", want, flat, told);
	show(k, want, want == EVAL_PERMIT);
}


static void judge(struct oracle *o, const struct eval_packet *k, bool came)
{
	enum eval want = eval_config(&o->read.c, k);

	compare(o, k, want);
	if (want == EVAL_UNKNOWN)
		o->unknown++;
	else if ((want == EVAL_PERMIT) != came && o->wrong++ < 20)
		show(k, want, came);
	o->passed += came;
	o->refused += !came;
}


/* A packet of UDP without odd parts that the reader permits, to end batches */
static bool find_sure(struct oracle *o)
{
	for (unsigned i = 0; i < 1000000; i++) {
		struct eval_packet k = random_packet(o);

		if (k.p.field[PSET_FRAGMENT] || eval_config(&o->read.c, &k) != EVAL_PERMIT)
			continue;
		o->sure = k;
		o->sure.p.field[PSET_DSCP] = k.p.field[PSET_DSCP];
		return true;
	}

	return false;
}


static bool run(struct oracle *o, unsigned long count)
{
	uint32_t index = 1;

	while (o->sent < count) {
		struct eval_packet k[BATCH];
		size_t len[BATCH + 1];
		bool came[BATCH] = {0};

		for (unsigned i = 0; i < BATCH; i++) {
			k[i] = random_packet(o);
			len[i] = transmit(o, &k[i], index + i);
		}
		len[BATCH] = transmit(o, &o->sure, index + BATCH);
		if (!receive(o, index, index + BATCH, len, came)) {
			show(&o->sure, EVAL_PERMIT, false);
			return false;
		}
		for (unsigned i = 0; i < BATCH; i++)
			judge(o, &k[i], came[i]);
		index += BATCH + 1;
	}

	return true;
}


static void load(struct oracle *o, const char *path)
{
	char buf[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		die(path);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sbuf_put(&o->text, buf, n);
	(void)fclose(f);
	o->read.err = policy_read(&o->read.c, NULL, path, sbuf_str(&o->text), o->text.len, &o->read.dl);
	if (o->read.err) {
		errno = o->read.err;
		die(path);
	}
	for (size_t i = 0; i < o->read.c.nunknown; i++)
		(void)printf("# line %u: %s\n", o->read.c.unknown[i].line, o->read.c.unknown[i].reason);
}


int main(int argc, char *argv[])
{
	struct oracle o = { .in = argc > 4 ? argv[4] : "", .out = argc > 5 ? argv[5] : "" };
	cpu_set_t one;
	bool fine;

	if (argc < 9)
		return 3;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	(void)sched_setaffinity(0, sizeof(one), &one);
	o.stateless = argc > 9 && !strcmp(argv[9], "stateless");
	o.flows = argc > 9 && !strcmp(argv[9], "flows");
	o.rng = strtoull(argv[7], NULL, 10) * 2654435761u + 88172645463325252ull;
	load(&o, argv[1]);
	o.tx = open_in(argv[2]);
	o.rx = open_in(argv[3]);
	o.to4 = target(0x0800, argv[6], o.tx);
	o.to6 = target(0x86dd, argv[6], o.tx);
	edges(&o);
	o.config[0] = &o.read.c;
	if (device_make(&o.device, &o.mem, o.config, 1, NULL))
		die("device");
	if (!find_sure(&o)) {
		(void)printf("# the reader permits nothing at all\n");
		_exit(1);
	}
	fine = run(&o, strtoul(argv[8], NULL, 10)) && !o.wrong && !o.unlike;
	(void)printf("# %lu sent, %lu passed, %lu refused, %lu cannot be told, %lu wrong, %lu told unlike\n", o.sent,
		     o.passed, o.refused, o.unknown, o.wrong, o.unlike);
	/* a test of nothing proves nothing */
	fine = fine && o.passed > 10 && o.refused > 10 && o.unknown * 2 < o.sent;
	device_reset(&o.device);
	arena_reset(&o.mem);
	read_done(&o.read);
	sbuf_reset(&o.text);
	return fine ? 0 : 1;
}
