#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "io/siteload.h"
#include "lib/policy/translate/translate.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/out.h"
#include "tools/visavis/policy.h"

enum { IFACES_MAX = 256 };

struct translate_job {
	const char *from;
	struct translate_iface ifaces[IFACES_MAX];
	struct translate_options o;
	struct policy_file file;
	struct diag_list dl;
	struct sbuf sb;
};


static int usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy translate [--from DIALECT] [--interface NAME=LINUX]...\n"
		      "                                [--assume-deny] CONFIG\n\n"
		      "Writes the configuration's lists as a ruleset of nftables with the same effect.\n"
		      "--interface says which interface of the Linux machine (eth1, or eth1,eth2)\n"
		      "stands for one of the configuration. Lines that are not understood, or hold at\n"
		      "times only, are refused; with --assume-deny they let nothing pass.\n");
	policy_put_readers(f);
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static bool is_linux(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.:@*,";

	return *s && *s != ',' && !s[strspn(s, allowed)];
}


static int add_iface(struct translate_job *j, char *arg)
{
	char *to = strrchr(arg, '=');

	if (!to || to == arg || !is_linux(to + 1) || j->o.nifaces == IFACES_MAX) {
		(void)fprintf(stderr, "visavis policy translate: --interface %s: give NAME=LINUX, as in "
			      "GigabitEthernet0/1=eth1, at most %d times\n", arg, IFACES_MAX);
		return EXIT_USAGE;
	}
	*to = '\0';
	j->ifaces[j->o.nifaces++] = (struct translate_iface){ arg, to + 1 };
	return EXIT_OK;
}


static int run(struct translate_job *j, const char *path)
{
	int rc = policy_file_read(&j->file, path, j->from), err;

	if (rc)
		return rc;
	j->o.ifaces = j->ifaces;
	err = translate_nftables(&j->sb, &j->file.config, &j->o, &j->dl);
	diag_sort(&j->dl);
	siteload_print(stderr, &j->dl);
	if (err == ENOTSUP)
		return EXIT_CANNOT_TELL;
	if (err) {
		(void)fprintf(stderr, "visavis policy translate: %s\n", strerror(err));
		return EXIT_FINDINGS;
	}

	return out_flush(&j->sb) ? EXIT_FINDINGS : EXIT_OK;
}


int policy_translate(int argc, char *argv[])
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},
		{"interface", required_argument, NULL, 'i'},
		{"assume-deny", no_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct translate_job j = {0};
	int opt, rc = EXIT_OK;

	while (!rc && (opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'f': j.from = optarg; break;
		case 'i': rc = add_iface(&j, optarg); break;
		case 'd': j.o.assume_deny = true; break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	if (!rc && argc - optind != 1)
		return usage(stderr);

	if (!rc)
		rc = run(&j, argv[optind]);
	policy_file_close(&j.file);
	diag_reset(&j.dl);
	sbuf_reset(&j.sb);
	return rc;
}
