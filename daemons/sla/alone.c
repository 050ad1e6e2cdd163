/*
 * The rows hold here too: a site of two hosts is made for the purpose, this
 * machine and the far one, and everything goes the way it goes at a site.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemons/sla/agent.h"
#include "daemons/sla/alone.h"
#include "daemons/sla/keyfile.h"
#include "daemons/sla/result.h"
#include "io/args.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "lib/sla/stamp.h"

#define PROG "visavis-sla --probe"

enum { CONTROL_PORT = 1967, TEXT = 512, RATE_MAX = 100000 };

static struct {
	const char *probe, *profile, *from, *keys, *log, *dscp;
	int protocol, format;
	unsigned duration, key, late, wait, rate;
	bool verbose;
	char own[64], far[64];
	struct arena arena;
	struct site site;
	struct sla_keys ring;
	struct agent *agent;
	int status;
} al;


bool alone_wanted(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--probe"))
			return true;
	return false;
}


static int args_read(int argc, char *argv[])
{
	const struct arg v[] = {
		{.name = "probe", .to = &al.probe, .value = "ADDRESS", .required = true,
		 .help = "of the responder: a router or visavis-sla --responder"},
		{.name = "profile", .to = &al.profile, .value = "NAME",
		 .help = "what to send: udp-jitter, or a kind of room, as room3-1080p-best"},
		{.name = "duration", .kind = ARG_NUMBER, .to = &al.duration, .value = "SECONDS",
		 .lo = 1, .hi = 86400, .help = "how long, where the profile does not say"},
		{.name = "protocol", .kind = ARG_CHOICE, .to = &al.protocol, .value = "WORD",
		 .choices = agent_protocols, .help = "2, 2-plain, 1-us, 1-ms or 1-echo: what the responder speaks"},
		{.name = "dscp", .to = &al.dscp, .value = "MARK",
		 .help = "0 to 63 or a name, such as CS4: mark of the packets, instead of the profile's"},
		{.name = "late", .kind = ARG_NUMBER, .to = &al.late, .value = "MS", .hi = 60000,
		 .help = "a round trip above this is late"},
		{.name = "wait", .kind = ARG_NUMBER, .to = &al.wait, .value = "MS", .lo = 1, .hi = 60000,
		 .help = "for the last answers"},
		{.name = "rate", .kind = ARG_NUMBER, .to = &al.rate, .value = "PACKETS", .lo = 1, .hi = RATE_MAX,
		 .help = "refuse to send more a second"},
		{.name = "keys", .to = &al.keys, .value = "FILE", .help = "file of keys"},
		{.name = "key", .kind = ARG_NUMBER, .to = &al.key, .value = "NUMBER", .hi = 65535,
		 .help = "which of them to prove"},
		{.name = "from", .to = &al.from, .value = "ADDRESS", .help = "which own address to send from"},
		{.name = "format", .kind = ARG_CHOICE, .to = &al.format, .value = "FORMAT",
		 .choices = result_formats,
		 .help = "text, json, csv, prometheus, plot, plot-ascii, html, brief or samples"},
		{.name = "log", .to = &al.log, .value = "FILE", .help = "append events as JSON lines"},
		{.name = "v", .kind = ARG_FLAG, .to = &al.verbose, .help = "more text on stderr"},
	};

	/* --help beside --probe is a question, not an address */
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help"))
			return args_parse("visavis-sla", v, ARRAY_SIZE(v), 2, (char *[]){argv[0], argv[i], NULL});
	return args_parse(PROG, v, ARRAY_SIZE(v), argc, argv);
}


/* The address that the kernel would send from. */
static int own_address(char buf[64], const struct sa *peer)
{
	struct sa to = *peer, own;
	int fd, err = 0;

	sa_set_port(&to, CONTROL_PORT);
	fd = socket(sa_af(peer), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	own.len = sizeof(own.u);
	if (fd < 0 || connect(fd, &to.u.sa, to.len) || getsockname(fd, &own.u.sa, &own.len))
		err = errno;
	if (fd >= 0)
		(void)close(fd);
	if (err)
		return err;
	return re_snprintf(buf, 64, "%j", &own) < 0 ? EINVAL : 0;
}


/* Two hosts, or one that is both when the far end is this machine. */
static int site_text(char text[TEXT], unsigned bits)
{
	const char *from = al.from, *to = al.probe;

	if (!strcmp(from, to))
		return snprintf(text, TEXT, "site: alone\nnetworks: { near: \"%s/%u\" }\nhosts:\n"
				"  here: { role: [sla-agent, sla-responder], address: \"%s\" }\n",
				from, bits, from);
	return snprintf(text, TEXT, "site: alone\nnetworks: { near: \"%s/%u\", far: \"%s/%u\" }\nhosts:\n"
			"  here: { role: sla-agent, address: \"%s\" }\n"
			"  there: { role: sla-responder, address: \"%s\" }\n",
			from, bits, to, bits, from, to);
}


/* The address to send from, and both as the site file has them. */
static int from_set(const struct sa *peer)
{
	struct sa own;
	int err = al.from ? sa_set_str(&own, al.from, 0) : own_address(al.own, peer);

	if (al.from && (err || sa_af(&own) != sa_af(peer))) {
		(void)fprintf(stderr, PROG ": --from %s: write an address of this host, of the other end's "
			      "family\n", al.from);
		return EINVAL;
	}
	if (!err && al.from && re_snprintf(al.own, sizeof(al.own), "%j", &own) < 0)
		err = EINVAL;
	if (!err && re_snprintf(al.far, sizeof(al.far), "%j", peer) < 0)
		err = EINVAL;
	if (err)
		(void)fprintf(stderr, PROG ": %s: %s\n", al.probe, strerror(err));
	al.from = al.own;
	al.probe = al.far;
	return err;
}


static int site_make(const struct sa *peer)
{
	struct diag_list dl = {0};
	char text[TEXT];
	int n, err = from_set(peer);

	if (err)
		return err;
	n = site_text(text, sa_af(peer) == AF_INET6 ? 128 : 32);
	err = n < 0 || n >= TEXT ? EINVAL :
		site_parse(&al.site, &al.arena, text, (size_t)n, "address", &dl);
	for (size_t i = 0; i < dl.n; i++)
		(void)fprintf(stderr, PROG ": %s\n", dl.v[i].msg);
	diag_reset(&dl);
	return err;
}


static void over(struct agent *a, void *arg)
{
	const struct sla_run *run = agent_run(a);
	struct sbuf sb = {0};
	int err = result_write(&sb, run, result_formats[al.format]);

	(void)arg;
	if (!err && !sb.err)
		(void)fputs(sbuf_str(&sb), stdout);
	sbuf_reset(&sb);
	if (run->why)
		(void)fprintf(stderr, PROG ": %s\n", run->why);
	al.status = err || (run->stop != SLA_STOP_DONE && run->stop != SLA_STOP_INTERRUPTED);
	re_cancel();
}


static void on_signal(int sig)
{
	(void)sig;
	if (al.agent)
		agent_stop(al.agent);
}


static int measure(const struct sa *peer, uint8_t dscp)
{
	const struct agent_config c = {
		.from = al.from, .to = al.probe, .peer = *peer,
		.protocol = (enum agent_protocol)al.protocol,
		.key = al.keys ? sla_key_find(&al.ring, (uint16_t)al.key) : NULL,
		.profile = al.profile, .duration_ns = al.duration * SLA_NS,
		.dscp = al.dscp ? (int)dscp : -1, .late_ns = (int64_t)al.late * 1000000,
		.wait_ms = al.wait, .retry_ms = 1000, .tries = 4, .pps_max = al.rate,
		.duration_max_ns = 86400 * SLA_NS,
	};
	char why[160];

	if (al.keys && !c.key) {
		(void)fprintf(stderr, PROG ": %s has no key %u\n", al.keys, al.key);
		return EINVAL;
	}
	if (agent_alloc(&al.agent, &c, over, NULL, why, sizeof(why))) {
		(void)fprintf(stderr, PROG ": %s\n", why);
		return EINVAL;
	}
	return re_main(on_signal);
}


static int run(void)
{
	struct sa peer;
	uint8_t dscp = 0;
	int err;

	if (al.dscp && flow_dscp_parse(&dscp, al.dscp)) {
		(void)fprintf(stderr, PROG ": --dscp %s: give a number from 0 to 63, or a name, such as CS4 or AF41\n",
			      al.dscp);
		return EINVAL;
	}
	if (sa_set_str(&peer, al.probe, 0)) {
		(void)fprintf(stderr, PROG ": %s: write an IPv4 or IPv6 address\n", al.probe);
		return EINVAL;
	}
	err = al.keys ? keyfile_read(&al.ring, al.keys) : 0;
	if (!err)
		err = site_make(&peer);
	if (err)
		return err;
	flowtab_init(&al.site, site_host_find(&al.site, "here"));
	err = libre_init();
	if (!err)
		err = measure(&peer, dscp);
	mem_deref(al.agent);
	libre_close();
	return err;
}


int alone_main(int argc, char *argv[])
{
	int err;

	al.profile = "udp-jitter";
	al.wait = 1000;
	al.rate = 2000;
	err = args_read(argc, argv);
	if (err)
		return err == ECANCELED ? 0 : ARGS_EXIT_USAGE;
	err = log_init("visavis-sla", NULL, al.log, al.verbose ? LOG_DEBUG : LOG_WARN);
	if (err) {
		(void)fprintf(stderr, PROG ": %s: %s\n", al.log, strerror(err));
		return 1;
	}
	err = run();
	arena_reset(&al.arena);
	log_close();
	return err ? 1 : al.status;
}
