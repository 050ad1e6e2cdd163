#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "io/siteload.h"
#include "lib/policy/update/cisco_update.h"
#include "lib/policy/model/policy.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/policy.h"

/** Back ends whose configurations can be updated, and who reads them */
static const struct {
	const char *to;
	const char *reader;
} dialects[] = {
	{"ios", "ios"},
	{"ios-groups", "ios"},
	{"iosxr", "iosxr"},
	{"nxos", "nxos"},
	{"asa", "asa"},
};

struct update_args {
	const char *to;
	const char *reader;
	const char *firewall;
	const char *config;
	const char *site;
};


static int usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy update --to DIALECT [--firewall NAME] CONFIG SITE\n\n"
		      "Prints the commands that take a device from the lists in CONFIG (what it\n"
		      "shows now) to those that SITE wants, one step at a time: no state on the\n"
		      "way lets more pass than before and after, or less than both.\n\nDialects:");
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		(void)fprintf(f, " %s", dialects[i].to);
	(void)fputc('\n', f);
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static const struct site_firewall *find_firewall(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->nfirewalls; i++)
		if (name ? !strcmp(s->firewalls[i].name, name) : s->nfirewalls == 1)
			return &s->firewalls[i];

	return NULL;
}


/** What the device shall have */
static int compile(struct sbuf *sb, struct arena *mem, struct site *site,
		   const struct update_args *u)
{
	const struct site_firewall *fw;
	struct diag_list dl = {0};
	struct need_list needs;
	struct policy p;
	int err = siteload_read(site, mem, u->site, &dl);

	if (!err)
		err = need_expand(&needs, mem, site, &dl);
	siteload_print(stderr, &dl);
	diag_reset(&dl);
	if (err)
		return err;

	fw = find_firewall(site, u->firewall);
	if (!fw) {
		(void)fprintf(stderr, "visavis policy: %s: name one of its firewalls with "
			      "--firewall\n", u->site);
		return EBADMSG;
	}
	err = policy_build(&p, mem, site, fw, &needs);
	return err ? err : policy_backend_find(u->to)->emit(sb, mem, &p);
}


static int update(const struct update_args *u, const struct policy_file *f)
{
	struct sbuf want = {0}, sb = {0};
	struct diag_list dl = {0};
	struct arena mem = {0};
	struct site site = {0};
	int err = compile(&want, &mem, &site, u);

	if (!err)
		err = cisco_update(&sb, u->reader, u->config, f->text, f->len, sbuf_str(&want),
				   want.len, &dl);
	siteload_print(stderr, &dl);
	if (err && err != EBADMSG)
		(void)fprintf(stderr, "visavis policy: %s\n", strerror(err));
	if (!err && fwrite(sbuf_str(&sb), 1, sb.len, stdout) != sb.len)
		err = EIO;
	if (!err && !sb.len)
		(void)fprintf(stderr, "%s: nothing to do\n", u->config);

	sbuf_reset(&want);
	sbuf_reset(&sb);
	diag_reset(&dl);
	arena_reset(&mem);
	return err ? EXIT_USAGE : EXIT_OK;
}


int policy_update(int argc, char *argv[])
{
	static const struct option options[] = {
		{"to", required_argument, NULL, 't'},
		{"firewall", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct update_args u = {0};
	struct policy_file f = {0};
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 't': u.to = optarg; break;
		case 'f': u.firewall = optarg; break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	for (size_t i = 0; u.to && i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (!strcmp(dialects[i].to, u.to))
			u.reader = dialects[i].reader;
	if (optind != argc - 2 || !u.reader)
		return usage(stderr);

	u.config = argv[optind];
	u.site = argv[optind + 1];
	rc = policy_file_read(&f, u.config, u.reader);
	if (rc == EXIT_OK)
		rc = update(&u, &f);
	policy_file_close(&f);
	return rc;
}
