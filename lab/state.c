#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "io/program.h"
#include "io/siteload.h"
#include "lab/output.h"
#include "lab/service/ca.h"
#include "lab/state.h"


const char *state_domain(struct lab *lab)
{
	return site_domain(&lab->site, &lab->arena);
}


const char *state_dir(struct lab *lab, const struct lab_node *n)
{
	return lab_str(lab, "%s/%s", lab->path.state, n->name);
}


/* All addresses the plan gave to a node, at most `max`. */
static size_t node_addrs(const struct plan_node *n, struct ip_addr *v, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < n->nifaces; i++)
		for (size_t k = 0; k < n->ifaces[i].naddrs && count < max; k++)
			v[count++] = n->ifaces[i].addrs[k].addr;

	return count;
}


static int password_make(char out[33])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return EIO;
	for (size_t i = 0; i < sizeof(b); i++)
		(void)snprintf(out + 2 * i, 3, "%02x", b[i]);

	return 0;
}


static int write_names(struct lab *lab, const struct lab_node *n, const char *hosts,
		       const char *resolv)
{
	const char *dir = state_dir(lab, n);
	int err = output_mkdir(dir);

	if (!err)
		err = output_write(lab_str(lab, "%s/hosts", dir), 0644, hosts);

	return err ? err : output_write(lab_str(lab, "%s/resolv.conf", dir), 0644, resolv);
}


/* Without a DNS host in the site, names come from here. */
static void put_hosts(struct sbuf *sb, struct lab *lab)
{
	const char *domain = state_domain(lab);
	char buf[IP_STRLEN];

	sbuf_puts(sb, "127.0.0.1 localhost\n::1 localhost\n");
	for (size_t i = 0; i < lab->plan.nnodes; i++) {
		const struct plan_node *n = &lab->plan.nodes[i];
		struct ip_addr v[8];
		size_t count = n->host ? node_addrs(n, v, 8) : 0;

		for (size_t k = 0; k < count; k++)
			sbuf_printf(sb, "%s %s.%s %s\n", ip_str(&v[k], buf), n->name, domain,
				    n->name);
	}
}


static void put_resolv(struct sbuf *sb, struct lab *lab)
{
	const struct site_host *dns = site_host_by_role(&lab->site, "dns");
	char buf[IP_STRLEN];

	sbuf_printf(sb, "search %s\n", state_domain(lab));
	for (size_t i = 0; dns && i < dns->naddrs && i < 3; i++)
		sbuf_printf(sb, "nameserver %s\n", ip_str(&dns->addrs[i].lo, buf));
}


static int make_names(struct lab *lab)
{
	struct sbuf hosts = {0}, resolv = {0};
	int err = 0;

	put_hosts(&hosts, lab);
	put_resolv(&resolv, lab);
	err = hosts.err ? hosts.err : resolv.err;
	for (size_t i = 0; !err && i < lab->nnodes; i++)
		if (lab->nodes[i].host)
			err = write_names(lab, &lab->nodes[i], sbuf_str(&hosts),
					  sbuf_str(&resolv));
	sbuf_reset(&hosts);
	sbuf_reset(&resolv);

	return err;
}


static int make_certificates(struct lab *lab)
{
	const char *domain = state_domain(lab);
	struct ca *ca = NULL;
	int err = ca_alloc(&ca, lab_str(lab, "Authority of site %s", lab->site.name));

	if (!err)
		err = ca_write(ca, lab->path.ca);
	for (size_t i = 0; !err && i < lab->nnodes; i++) {
		const struct lab_node *n = &lab->nodes[i];
		struct ip_addr v[PLAN_ADDRS_MAX];
		const char *dir = state_dir(lab, n);

		if (!n->host)
			continue;
		err = ca_issue(ca, lab_str(lab, "%s/" STATE_CERT, dir),
			       lab_str(lab, "%s.%s", n->name, domain), v,
			       node_addrs(n->plan, v, PLAN_ADDRS_MAX));
		if (!err)
			err = ca_write(ca, lab_str(lab, "%s/" STATE_CA, dir));
	}
	ca_free(ca);

	return err;
}


/* Each room's password, and the list of all for call control. */
static int make_passwords(struct lab *lab)
{
	struct sbuf users = {0};
	int err = 0;

	for (size_t i = 0; !err && i < lab->nnodes; i++) {
		const struct lab_node *n = &lab->nodes[i];
		char pw[33];

		if (!n->host || !n->host->number)
			continue;
		err = password_make(pw);
		if (!err)
			err = output_write(lab_str(lab, "%s/" STATE_PASSWORD, state_dir(lab, n)), 0600,
					   lab_str(lab, "%s\n", pw));
		sbuf_printf(&users, "%s:%s\n", n->host->number, pw);
	}
	if (!err && users.err)
		err = users.err;
	if (!err)
		err = output_write(lab_str(lab, "%s/users", lab->path.state), 0600,
				   sbuf_str(&users));
	sbuf_reset(&users);

	return err;
}


/* The programs' site file: the same text, beside the clips. Matrices that it
 * names by relative paths come along as links. */
static int make_site(struct lab *lab)
{
	const char *slash = strrchr(lab->path.site, '/');
	struct diag_list dl = {0};
	char *text = NULL;
	size_t len;
	int err = siteload_text(&text, &len, &lab->arena, lab->path.site, &dl);

	diag_reset(&dl);
	if (!err)
		err = output_write(lab->path.site_in, 0644, text);
	for (size_t i = 0; !err && i < lab->site.nmatrix_files; i++) {
		const char *name = lab->site.matrix_files[i];
		const char *at = lab_str(lab, "%s/%s", lab->path.media, name);

		if (*name == '/')
			continue;
		if (strchr(name, '/')) {
			lab_say(lab, "matrix %s: give an absolute path, or a file beside the site",
				name);
			return EINVAL;
		}
		(void)unlink(at);
		if (symlink(lab_str(lab, "%.*s/%s", (int)(slash - lab->path.site), lab->path.site,
				    name), at))
			err = errno;
	}

	return err;
}


int state_make(struct lab *lab)
{
	struct lab_step *st = lab_step_begin(lab, LAB_START, "names, certificates, passwords");
	int err = make_names(lab);

	if (!err)
		err = make_site(lab);
	if (!err)
		err = make_certificates(lab);
	if (!err)
		err = make_passwords(lab);

	return lab_step_end(lab, st, err, NULL);
}
