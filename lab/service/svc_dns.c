/* Names: dnsmasq as the site's only name server. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/output.h"
#include "lab/service/service.h"
#include "lab/state.h"

enum { PORT = 53 };


static void put_host(struct sbuf *sb, const struct plan_node *n, const char *domain)
{
	char buf[IP_STRLEN];

	for (size_t i = 0; n->host && i < n->nifaces; i++)
		for (size_t k = 0; k < n->ifaces[i].naddrs; k++)
			sbuf_printf(sb, "host-record=%s.%s,%s\n", n->name, domain,
				    ip_str(&n->ifaces[i].addrs[k].addr, buf));
}


/* RFC 3263: where the domain's SIP is served. */
static void put_srv(struct sbuf *sb, struct lab *lab, const char *domain)
{
	const struct site_host *cc = site_host_by_role(&lab->site, "callcontrol");

	if (!cc)
		return;
	sbuf_printf(sb, "srv-host=_sips._tcp.%s,%s.%s,5061,0,0\n", domain, cc->name, domain);
	sbuf_printf(sb, "srv-host=_sip._tcp.%s,%s.%s,5060,0,0\n", domain, cc->name, domain);
	sbuf_printf(sb, "srv-host=_sip._udp.%s,%s.%s,5060,0,0\n", domain, cc->name, domain);
}


static void put_listen(struct sbuf *sb, const struct plan_node *n)
{
	char buf[IP_STRLEN];

	for (size_t i = 0; i < n->nifaces; i++)
		for (size_t k = 0; k < n->ifaces[i].naddrs; k++)
			sbuf_printf(sb, "listen-address=%s\n",
				    ip_str(&n->ifaces[i].addrs[k].addr, buf));
}


int svc_dns_args(struct lab *lab, struct lab_node *n, struct service_args *av)
{
	const char *path = lab_str(lab, "%s/dnsmasq.conf", state_dir(lab, n));
	const char *domain = state_domain(lab);
	struct sbuf sb = {0};
	int err;

	sbuf_printf(&sb, "no-resolv\nno-hosts\nno-poll\nbind-interfaces\ncache-size=0\n"
		    "pid-file\nlog-queries=extra\nlog-facility=-\n"
		    "local=/%s/\n", domain);
	put_listen(&sb, n->plan);
	for (size_t i = 0; i < lab->plan.nnodes; i++)
		put_host(&sb, &lab->plan.nodes[i], domain);
	put_srv(&sb, lab, domain);
	err = sb.err ? sb.err : output_write(path, 0644, sbuf_str(&sb));
	sbuf_reset(&sb);

	/* It stays the user that it is: a user namespace knows no other. */
	service_arg(av, lab, "--no-daemon");
	service_arg(av, lab, "--conf-file=%s", path);

	return err;
}


bool svc_dns_ready(struct lab *lab, struct lab_node *n)
{
	const char *log = lab_str(lab, "%s/%s.dnsmasq.txt", lab->path.log, n->name);
	FILE *f = service_port_bound(lab, n, "udp", PORT) ? fopen(log, "re") : NULL;
	bool started = false;
	char line[512];

	while (f && !started && fgets(line, sizeof(line), f))
		started = strstr(line, "started, version");
	if (f)
		(void)fclose(f);

	return started;
}


/* "dnsmasq: 7 10.77.1.10/40123 query[A] callcontrol.demo.visavis.test from 10.77.1.10" */
void svc_dns_line(struct lab *lab, struct lab_node *n, char *line)
{
	char addr[64], type[16], name[256];
	const char *p = strstr(line, ": ");
	const struct flow_row *row;
	const struct site_host *from;
	struct ip_addr a, self;
	unsigned port;

	if (!p || sscanf(p, ": %*u %63[^/]/%u query[%15[^]]] %255s", addr, &port, type, name) != 4)
		return;
	if (ip_parse(&a, addr))
		return;
	from = site_host_by_addr(&lab->site, &a);
	row = from ? service_row_from(lab, from, "DNS") : NULL;
	if (!row || !site_host_addr(n->host, a.family, &self))
		return;
	lab_event(lab, n->name, "dnsmasq", "flow",
		  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "row", row->id, "dir", "in",
			    "transport", "udp", "local", service_endpoint(lab, &self, PORT),
			    "peer", service_endpoint(lab, &a, port), "outcome", "ok",
			    "detail", lab_str(lab, "%s %s", type, name)));
}
