#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/visavis/cmd.h"
#include "tools/visavis/load.h"
#include "tools/visavis/out.h"
#include "tools/visavis/policy.h"

/** The options of audit and lint, and what they work on */
struct job {
	const char *from;
	const char *firewall;
	uint64_t steps;
	bool reach;		/**< no redundant lines */
	enum policy_form form;
	struct policy_file *files;
	struct config *configs[DEVICE_CONFIGS_MAX];
	struct lint lints[DEVICE_CONFIGS_MAX];
	size_t n;
	struct arena mem;
	struct site site;
	struct diag_list dl;
	struct need_list needs;
	struct policy policy;
	struct audit audit;
};


static int usage(FILE *f, bool audit)
{
	(void)fprintf(f, "usage: visavis policy %s [OPTION...] %sCONFIG...\n\n"
		      "  --from DIALECT   of the configurations; found out when not given\n"
		      "%s"
		      "  --unreachable    of useless lines, those alone that never match: faster\n"
		      "  --steps N        work at most so much for one question\n"
		      "  --json --sarif   for programs, for code hosts\n"
		      "  --html           a page\n\n"
		      "Exit code: 0 clean, 1 findings, 2 cannot tell, 3 not readable or bad usage.\n",
		      audit ? "audit" : "lint", audit ? "SITE " : "",
		      audit ? "  --firewall NAME  when the site has several\n" : "");
	policy_put_readers(f);

	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static int read_configs(struct job *j, char *const paths[], size_t n)
{
	int rc = EXIT_OK;

	if (n > DEVICE_CONFIGS_MAX) {
		(void)fprintf(stderr, "visavis policy: %d configurations at most in one run\n",
			      DEVICE_CONFIGS_MAX);
		return EXIT_USAGE;
	}
	j->files = calloc(n, sizeof(*j->files));
	if (!j->files)
		return EXIT_USAGE;

	/* all of them are read, so that all mistakes are told */
	for (size_t i = 0; i < n; i++) {
		if (policy_file_read(&j->files[i], paths[i], j->from))
			rc = EXIT_USAGE;
		j->configs[j->n++] = &j->files[i].config;
	}

	return rc;
}


static int lint_all(struct job *j)
{
	int err = 0;

	for (size_t i = 0; !err && i < j->n; i++)
		err = lint_config(&j->lints[i], j->configs[i], j->steps, j->reach);

	return err;
}


static const struct site_firewall *find_firewall(const struct job *j, const char *path)
{
	const struct site *s = &j->site;
	const char *name = j->firewall ? j->firewall : j->configs[0]->hostname;

	for (size_t i = 0; name && i < s->nfirewalls; i++)
		if (!strcmp(s->firewalls[i].name, name))
			return &s->firewalls[i];
	if (j->firewall)
		(void)fprintf(stderr, "visavis policy: %s has no firewall \"%s\"\n", path,
			      j->firewall);
	else if (s->nfirewalls == 1)
		return &s->firewalls[0];
	else
		(void)fprintf(stderr, "visavis policy: %s has %zu firewalls; name the one that the "
			      "configuration is of with --firewall\n", path, s->nfirewalls);

	return NULL;
}


static int prepare(struct job *j, const char *path)
{
	const struct site_firewall *fw = NULL;
	bool at_hosts = j->configs[0]->at_hosts;
	int err, rc = load_site(&j->site, &j->mem, path);

	if (rc)
		return rc;
	if (!at_hosts || j->firewall)
		fw = find_firewall(j, path);
	if (!fw && (!at_hosts || j->firewall))
		return EXIT_USAGE;

	/* what the site lacks is for compile and check to say */
	err = need_expand(&j->needs, &j->mem, &j->site, &j->dl);
	if (!err)
		err = at_hosts ? policy_build_hosts(&j->policy, &j->mem, &j->site, &j->needs) :
		      policy_build(&j->policy, &j->mem, &j->site, fw, &j->needs);
	if (err)
		(void)fprintf(stderr, "visavis policy: %s: %s\n", path, strerror(err));
	return err ? EXIT_USAGE : EXIT_OK;
}


static int deliver(const struct job *j, bool audit, const char *title)
{
	static void (*const forms[])(struct sbuf *sb, const struct policy_report *r) = {
		[POLICY_TEXT] = policy_report_text, [POLICY_JSON] = policy_report_json,
		[POLICY_SARIF] = policy_report_sarif, [POLICY_HTML] = policy_report_html,
	};
	struct policy_report r = {
		.title = title, .configs = j->configs, .lints = j->lints, .nconfigs = j->n,
		.audit = audit ? &j->audit : NULL,
	};
	struct sbuf sb = { .max = (size_t)1 << 30 };

	forms[j->form](&sb, &r);
	return out_flush(&sb) ? EXIT_USAGE : policy_report_exit(&r);
}


static int run(struct job *j, bool audit, char *args[], int n)
{
	char title[256];
	int err, rc = read_configs(j, args + audit, (size_t)(n - audit));

	if (!rc && audit)
		rc = prepare(j, args[0]);
	if (rc)
		return rc;

	err = lint_all(j);
	if (!err && audit)
		err = audit_run(&j->audit, &j->mem, j->configs, j->n, &j->policy, &j->needs,
				j->steps);
	if (err) {
		(void)fprintf(stderr, "visavis policy: %s: %s\n", args[audit], err == EOVERFLOW ?
			      "is too large to work out" : strerror(err));
		return EXIT_CANNOT_TELL;
	}

	(void)snprintf(title, sizeof(title), "%s%s%s", args[audit], audit ? " against " : "",
		       audit ? j->site.name : "");
	return deliver(j, audit, title);
}


static int work(int argc, char *argv[], bool audit)
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},
		{"firewall", required_argument, NULL, 'w'},
		{"steps", required_argument, NULL, 's'},
		{"unreachable", no_argument, NULL, 'u'},
		{"json", no_argument, NULL, 'j'},
		{"sarif", no_argument, NULL, 'S'},
		{"html", no_argument, NULL, 'H'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct job j = {0};
	char *end = NULL;
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'f': j.from = optarg; break;
		case 'w': j.firewall = optarg; break;
		case 's': j.steps = strtoull(optarg, &end, 10); break;
		case 'u': j.reach = true; break;
		case 'j': j.form = POLICY_JSON; break;
		case 'S': j.form = POLICY_SARIF; break;
		case 'H': j.form = POLICY_HTML; break;
		case 'h': return usage(stdout, audit);
		default: return usage(stderr, audit);
		}
	}
	if (end && (*end || !j.steps)) {
		(void)fprintf(stderr, "visavis policy: --steps takes a number above 0\n");
		return EXIT_USAGE;
	}
	if (argc - optind < 1 + audit)
		return usage(stderr, audit);

	rc = run(&j, audit, argv + optind, argc - optind);
	audit_reset(&j.audit);
	for (size_t i = 0; i < j.n; i++)
		policy_file_close(&j.files[i]);
	free(j.files);
	diag_reset(&j.dl);
	arena_reset(&j.mem);
	return rc;
}


int policy_audit(int argc, char *argv[])
{
	return work(argc, argv, true);
}


int policy_lint(int argc, char *argv[])
{
	return work(argc, argv, false);
}
