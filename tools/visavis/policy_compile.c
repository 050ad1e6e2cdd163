#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/siteload.h"
#include "lib/policy/model/policy.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/policy.h"

struct compile {
	const char *to;		/**< dialect; NULL: each firewall's own */
	const char *firewall;	/**< NULL: all */
	const char *dir;	/**< NULL: standard output */
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct need_list needs;
};


static int compile_usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy compile [OPTION...] SITE\n\n"
		      "  --to DIALECT      instead of what the site says\n"
		      "  --firewall NAME   this one alone\n"
		      "  -o, --output DIR  a file for each firewall, instead of standard output\n\n"
		      "Dialects:\n");
	for (const struct policy_backend *b = policy_backends; b->name; b++)
		(void)fprintf(f, "  %-12s %s\n", b->name, b->title);

	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static int write_file(const char *path, const struct sbuf *sb)
{
	char tmp[4096];
	FILE *f;
	int err;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return ENAMETOOLONG;

	f = fopen(tmp, "w");
	if (!f)
		return errno;
	err = fwrite(sbuf_str(sb), 1, sb->len, f) == sb->len ? 0 : errno;
	if (fclose(f) && !err)
		err = errno;
	if (!err && rename(tmp, path))
		err = errno;
	if (err)
		(void)unlink(tmp);
	return err;
}


static int deliver(const struct compile *c, const struct site_firewall *fw,
		   const struct policy_backend *b, const struct sbuf *sb)
{
	char path[4000];
	int err;

	if (!c->dir) {
		if (fwrite(sbuf_str(sb), 1, sb->len, stdout) == sb->len && !fflush(stdout))
			return EXIT_OK;
		(void)fprintf(stderr, "visavis policy: cannot write: %s\n", strerror(errno));
		return EXIT_FINDINGS;
	}

	if (mkdir(c->dir, 0777) && errno != EEXIST) {
		(void)fprintf(stderr, "visavis policy: %s: %s\n", c->dir, strerror(errno));
		return EXIT_FINDINGS;
	}
	if (snprintf(path, sizeof(path), "%s/%s.%s", c->dir, fw->name, b->suffix) >=
	    (int)sizeof(path))
		err = ENAMETOOLONG;
	else
		err = write_file(path, sb);
	if (err) {
		(void)fprintf(stderr, "visavis policy: %s: %s\n", path, strerror(err));
		return EXIT_FINDINGS;
	}

	(void)fprintf(stderr, "%s\n", path);
	return EXIT_OK;
}


static int compile_firewall(struct compile *c, const struct site_firewall *fw)
{
	const char *dialect = c->to ? c->to : fw->dialect;
	const struct policy_backend *b = policy_backend_find(dialect);
	struct diag_list notes = {0};
	struct sbuf sb = {0};
	struct policy p;
	int err, rc;

	if (!b) {
		(void)fprintf(stderr, "visavis policy: no dialect \"%s\" (firewall %s); "
			      "visavis policy compile --help lists them\n", dialect, fw->name);
		return EXIT_USAGE;
	}

	err = policy_build(&p, &c->mem, &c->site, fw, &c->needs);
	p.notes = &notes;
	if (!err)
		err = b->emit(&sb, &c->mem, &p);
	siteload_print(stderr, &notes);
	diag_reset(&notes);
	if (err) {
		(void)fprintf(stderr, "visavis policy: firewall %s: %s\n", fw->name, err == EOVERFLOW ?
			      "too long when written out; take a dialect with groups "
			      "(ios-groups), or narrow the rows that join many hosts" :
			      strerror(err));
		rc = EXIT_FINDINGS;
	} else {
		rc = deliver(c, fw, b, &sb);
	}

	sbuf_reset(&sb);
	return rc;
}


/** Read the site and expand it; what there is to say is printed. */
static int compile_prepare(struct compile *c, const char *path)
{
	int err = siteload_read(&c->site, &c->mem, path, &c->dl);

	if (!err)
		err = policy_check_paths(&c->site, &c->mem, &c->dl);
	if (!err)
		err = need_expand(&c->needs, &c->mem, &c->site, &c->dl);
	siteload_print(stderr, &c->dl);
	if (err == ENOMEM)
		(void)fprintf(stderr, "visavis policy: out of memory\n");
	if (err)
		return EXIT_USAGE;

	if (!c->site.nfirewalls) {
		(void)fprintf(stderr, "visavis policy: %s has no firewalls; add one under "
			      "\"firewalls:\"\n", path);
		return EXIT_USAGE;
	}
	if (c->site.nfirewalls > 1 && !c->firewall && !c->dir) {
		(void)fprintf(stderr, "visavis policy: %s has %zu firewalls; name one with "
			      "--firewall, or a folder for all with -o\n", path,
			      c->site.nfirewalls);
		return EXIT_USAGE;
	}

	return EXIT_OK;
}


static int compile_site(struct compile *c, const char *path)
{
	int rc = compile_prepare(c, path);
	bool found = false;

	for (size_t i = 0; rc == EXIT_OK && i < c->site.nfirewalls; i++) {
		const struct site_firewall *fw = &c->site.firewalls[i];

		if (c->firewall && strcmp(c->firewall, fw->name) != 0)
			continue;
		found = true;
		rc = compile_firewall(c, fw);
	}
	if (rc == EXIT_OK && !found) {
		(void)fprintf(stderr, "visavis policy: %s has no firewall \"%s\"\n", path,
			      c->firewall);
		rc = EXIT_USAGE;
	}

	return rc;
}


int policy_compile(int argc, char *argv[])
{
	static const struct option options[] = {
		{"to", required_argument, NULL, 't'},
		{"firewall", required_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct compile c = {0};
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (opt) {
		case 't': c.to = optarg; break;
		case 'f': c.firewall = optarg; break;
		case 'o': c.dir = optarg; break;
		case 'h': return compile_usage(stdout);
		default: return compile_usage(stderr);
		}
	}
	if (optind != argc - 1)
		return compile_usage(stderr);

	rc = compile_site(&c, argv[optind]);
	diag_reset(&c.dl);
	arena_reset(&c.mem);
	return rc;
}
