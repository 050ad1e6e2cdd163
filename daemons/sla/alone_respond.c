/*
 * The responder of a machine that is in no site file, as "ip sla responder"
 * makes one of a router. The rows hold here too: a site is made of this host
 * alone.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "daemons/sla/alone.h"
#include "daemons/sla/keyfile.h"
#include "daemons/sla/respond.h"
#include "daemons/sla/rights.h"
#include "io/args.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/program.h"
#include "lib/base/sbuf.h"

#define PROG "visavis-sla --responder"

enum { ADDRESSES_MAX = 16, FAMILIES = 2 };

/* Addresses of one family. */
struct own {
	struct ip_addr v[ADDRESSES_MAX];
	unsigned n;
};

static struct {
	const char *address, *keys, *log;
	unsigned duration, operations;
	int v1;
	bool responder, verbose;
	struct own own[FAMILIES];	/* IPv4, IPv6 */
	struct arena arena;
	struct site site;
	struct sla_keys ring;
	struct respond *respond;
} al = {.duration = 600, .operations = 256};

static const char *const on_off[] = {"on", "off", NULL};


bool alone_answers(int argc, char *argv[])
{
	bool responder = false, site = false;

	for (int i = 1; i < argc; i++) {
		responder |= !strcmp(argv[i], "--responder");
		site |= !strcmp(argv[i], "--site") || !strncmp(argv[i], "--site=", 7);
	}
	return responder && !site;
}


static int args_read(int argc, char *argv[])
{
	const struct arg v[] = {
		{.name = "responder", .kind = ARG_FLAG, .to = &al.responder, .required = true,
		 .help = "answer measurements"},
		{.name = "address", .to = &al.address, .value = "ADDRESS",
		 .help = "which own address to answer on; or two, IPv4 and IPv6: A,B"},
		{.name = "duration", .kind = ARG_NUMBER, .to = &al.duration, .value = "SECONDS", .lo = 1,
		 .hi = 86400, .help = "how long a measurement may last; 600"},
		{.name = "operations", .kind = ARG_NUMBER, .to = &al.operations, .value = "NUMBER", .lo = 1,
		 .hi = 1024, .help = "streams that it answers at once; 256"},
		{.name = "v1", .kind = ARG_CHOICE, .to = &al.v1, .value = "on|off", .choices = on_off,
		 .help = "answer version 1 too, which proves nothing; on"},
		{.name = "keys", .to = &al.keys, .value = "FILE", .help = "refuse whoever proves none of these keys"},
		{.name = "log", .to = &al.log, .value = "FILE", .help = "append events as JSON lines"},
		{.name = "v", .kind = ARG_FLAG, .to = &al.verbose, .help = "more text on stderr"},
	};

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help"))
			return args_parse("visavis-sla", v, ARRAY_SIZE(v), argc, argv);
	return args_parse(PROG, v, ARRAY_SIZE(v), argc, argv);
}


static void own_add(const struct ip_addr *ip)
{
	struct own *o = &al.own[ip->family == 6];

	for (unsigned i = 0; i < o->n; i++)
		if (!ip_cmp(&o->v[i], ip))
			return;
	if (o->n < ADDRESSES_MAX)
		o->v[o->n++] = *ip;
}


/* Those of interfaces that are up; a loopback's and a link's own are no
 * address that a far agent could ask. */
static int own_read(void)
{
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return errno;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		char text[64];
		struct ip_addr ip;
		struct sa sa;

		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK ||
		    sa_set_sa(&sa, i->ifa_addr) || sa_is_linklocal(&sa))
			continue;
		if (re_snprintf(text, sizeof(text), "%j", &sa) > 0 && !ip_parse(&ip, text))
			own_add(&ip);
	}
	freeifaddrs(all);
	return 0;
}


/* "192.0.2.1,2001:db8::1" */
static int own_parse(const char *s)
{
	while (*s) {
		size_t n = strcspn(s, ",");
		struct ip_addr ip;
		char text[64];

		(void)snprintf(text, sizeof(text), "%.*s", (int)n, s);
		if (n >= sizeof(text) || ip_parse(&ip, text)) {
			(void)fprintf(stderr, PROG ": --address %s: write an IPv4 or IPv6 address\n", al.address);
			return EINVAL;
		}
		own_add(&ip);
		s += n + (s[n] == ',');
	}
	return 0;
}


static void list_print(const struct own *o)
{
	char ip[IP_STRLEN];

	(void)fprintf(stderr, PROG ": this machine has several addresses: choose with --address");
	for (unsigned i = 0; i < o->n; i++)
		(void)fprintf(stderr, "%s %s", i ? "," : "", ip_str(&o->v[i], ip));
	(void)fputc('\n', stderr);
}


/* One of each family. An answer must come from where the question went, so
 * none is guessed. */
static int own_choose(void)
{
	int err = al.address ? own_parse(al.address) : own_read();

	if (err)
		return err;
	if (!al.address && al.own[0].n && al.own[1].n > 1)
		al.own[1].n = 0;
	for (int i = 0; i < FAMILIES; i++)
		if (al.own[i].n > 1)
			return list_print(&al.own[i]), EINVAL;
	if (al.own[0].n + al.own[1].n)
		return 0;
	(void)fprintf(stderr, PROG ": this machine has no address; bring a network up, or give --address\n");
	return EADDRNOTAVAIL;
}


static void site_write(struct sbuf *sb)
{
	const char *sep = "";
	char ip[IP_STRLEN];

	sbuf_puts(sb, "site: alone\nnetworks: { near: [");
	for (int i = 0; i < FAMILIES; i++)
		if (al.own[i].n) {
			sbuf_printf(sb, "%s\"%s/%u\"", sep, ip_str(&al.own[i].v[0], ip), ip_bits(&al.own[i].v[0]));
			sep = ", ";
		}
	sbuf_puts(sb, "] }\nhosts:\n  here: { role: [sla-responder, sla-agent], address: [");
	sep = "";
	for (int i = 0; i < FAMILIES; i++)
		if (al.own[i].n) {
			sbuf_printf(sb, "%s\"%s\"", sep, ip_str(&al.own[i].v[0], ip));
			sep = ", ";
		}
	sbuf_puts(sb, "] }\n");
}


static int site_make(void)
{
	struct diag_list dl = {0};
	struct sbuf sb = {0};
	int err;

	site_write(&sb);
	err = sb.err ? sb.err : site_parse(&al.site, &al.arena, sbuf_str(&sb), sb.len, "address", &dl);
	for (size_t i = 0; i < dl.n; i++)
		(void)fprintf(stderr, PROG ": %s\n", dl.v[i].msg);
	diag_reset(&dl);
	sbuf_reset(&sb);
	return err;
}


static void ready_print(const struct site_host *self)
{
	char ip[IP_STRLEN];
	struct ip_addr a;

	printf("answers on");
	for (uint8_t family = 4; family <= 6; family += 2)
		if (site_host_addr(self, family, &a))
			printf(" %s", ip_str(&a, ip));
	printf(", until it is interrupted\n");
	(void)fflush(stdout);
}


static int answer(void)
{
	const struct site_host *self = site_host_find(&al.site, "here");
	const struct respond_config cfg = {
		.self = self, .keys = &al.ring, .duration_s = al.duration, .ops = al.operations,
		.v1 = al.v1 == 0,
	};
	int err;

	flowtab_init(&al.site, self);
	err = libre_init();
	if (!err)
		err = respond_alloc(&al.respond, &cfg);
	if (!err)
		err = rights_drop();
	if (!err) {
		ready_print(self);
		err = program_serve();
	}
	mem_deref(al.respond);
	libre_close();
	return err;
}


int alone_respond_main(int argc, char *argv[])
{
	int err = args_read(argc, argv);

	if (err)
		return err == ECANCELED ? 0 : ARGS_EXIT_USAGE;
	err = log_init("visavis-sla", NULL, al.log, al.verbose ? LOG_DEBUG : LOG_WARN);
	if (err) {
		(void)fprintf(stderr, PROG ": %s: %s\n", al.log, strerror(err));
		return 1;
	}
	err = al.keys ? keyfile_read(&al.ring, al.keys) : 0;
	if (!err)
		err = own_choose();
	if (!err)
		err = site_make();
	if (!err)
		err = answer();
	explicit_bzero(&al.ring, sizeof(al.ring));
	arena_reset(&al.arena);
	log_close();
	return err ? 1 : 0;
}
