/* Time: chronyd at both ends, which never steers the machine's clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/output.h"
#include "lab/service/service.h"
#include "lab/state.h"

enum { PORT = 123, ASK_MS = 5000 };


static const char *run_dir(struct lab *lab, const struct lab_node *n)
{
	return lab_str(lab, "%s/%s/chrony", lab->path.run_in, n->name);
}


/* chronyd insists on a folder that others cannot enter. */
static int run_make(struct lab *lab, const struct lab_node *n)
{
	return mkdir(run_dir(lab, n), 0750) && errno != EEXIST ? errno : 0;
}


static int conf_write(struct lab *lab, struct lab_node *n, struct sbuf *sb,
		      struct service_args *av)
{
	const char *path = lab_str(lab, "%s/chrony.conf", state_dir(lab, n));
	int err = run_make(lab, n);

	sbuf_printf(sb, "cmdport 0\nbindcmdaddress %s/chronyd.sock\npidfile %s/chronyd.pid\n",
		    run_dir(lab, n), run_dir(lab, n));
	if (!err)
		err = sb->err ? sb->err : output_write(path, 0644, sbuf_str(sb));
	sbuf_reset(sb);

	/* -x: leave the clock alone. -d: stay, and log to stderr. */
	service_arg(av, lab, "-x");
	service_arg(av, lab, "-d");
	service_arg(av, lab, "-u");
	service_arg(av, lab, "root");
	service_arg(av, lab, "-f");
	service_arg(av, lab, "%s", path);

	return err;
}


int svc_ntp_server_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	struct sbuf sb = {0};

	sbuf_printf(&sb, "local stratum 8\nallow all\nport %d\n", PORT);

	return conf_write(lab, n, &sb, av);
}


bool svc_ntp_client_wanted(struct lab *lab, const struct lab_node *n)
{
	return !site_host_has_role(n->host, "ntp") && site_host_by_role(&lab->site, "ntp") &&
	       service_row_from(lab, n->host, "NTP");
}


/* The server in our own address family. */
static bool server_addr(struct lab *lab, const struct lab_node *n, struct ip_addr *own,
			struct ip_addr *server)
{
	const struct site_host *s = site_host_by_role(&lab->site, "ntp");

	for (uint8_t family = 4; family <= 6; family += 2)
		if (site_host_addr(n->host, family, own) && site_host_addr(s, family, server))
			return true;

	return false;
}


int svc_ntp_client_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	const struct flow_row *row = service_row_from(lab, n->host, "NTP");
	struct ip_addr own, server;
	char buf[IP_STRLEN];
	struct sbuf sb = {0};

	/* The row says from which port: 123 on both sides in the source. */
	if (row->from.nports && !row->from.ports[0].ephemeral)
		sbuf_printf(&sb, "acquisitionport %u\n", row->from.ports[0].lo);
	if (row->dscp)
		sbuf_printf(&sb, "dscp %u\n", row->dscp);
	if (server_addr(lab, n, &own, &server)) {
		sbuf_printf(&sb, "bindacqaddress %s\n", ip_str(&own, buf));
		sbuf_printf(&sb, "server %s iburst minpoll 2 maxpoll 6\n", ip_str(&server, buf));
	}
	sbuf_puts(&sb, "port 0\n");

	return conf_write(lab, n, &sb, av);
}


bool svc_ntp_ready(struct lab *lab, struct lab_node *n)
{
	struct stat st;

	return !stat(lab_str(lab, "%s/chronyd.sock", run_dir(lab, n)), &st);
}


/* Ask a chronyd; lines of comma-separated fields. */
static int ask(const char **out, struct lab *lab, struct lab_node *n, const char *what)
{
	const char *const argv[] = {
		"chronyc", "-n", "-c", "-h", lab_str(lab, "%s/chronyd.sock", run_dir(lab, n)),
		what, NULL};

	return lab_run(out, lab, n, NULL, ASK_MS, argv);
}


/* Mode, state, name, stratum, poll, reach in octal, ... */
static bool has_reach(const char *csv)
{
	for (int commas = 0; *csv && commas < 5; csv++)
		commas += *csv == ',';

	return strtoul(csv, NULL, 8) > 0;
}


/* A line of the server's "clients" begins with the client's address and
 * the number of its packets. */
static bool has_client(const char *csv, const char *addr)
{
	size_t len = strlen(addr);

	for (const char *p = csv; p && *p; p = strchr(p, '\n'), p += p ? 1 : 0)
		if (!strncmp(p, addr, len) && p[len] == ',' && atoi(p + len + 1) > 0)
			return true;

	return false;
}


static void log_end(struct lab *lab, const struct lab_node *n, const char *row, const char *dir,
		    const struct ip_addr *local, const struct ip_addr *peer)
{
	lab_event(lab, n->name, "chronyd", "flow",
		  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "row", row, "dir", dir,
			    "transport", "udp", "local", service_endpoint(lab, local, PORT),
			    "peer", service_endpoint(lab, peer, PORT), "outcome", "ok"));
}


int svc_ntp_heard(struct lab *lab, struct lab_node *n)
{
	struct lab_node *sn;
	struct ip_addr own, server;
	char buf[IP_STRLEN];
	const char *row, *out;

	if (!server_addr(lab, n, &own, &server))
		return EAFNOSUPPORT;
	sn = lab_node_by_addr(lab, &server);
	if (ask(&out, lab, n, "sources") || !has_reach(out))
		return EAGAIN;
	if (!sn || ask(&out, lab, sn, "clients") || !has_client(out, ip_str(&own, buf)))
		return EAGAIN;
	row = service_row_from(lab, n->host, "NTP")->id;
	log_end(lab, n, row, "out", &own, &server);
	log_end(lab, sn, row, "in", &server, &own);

	return 0;
}
