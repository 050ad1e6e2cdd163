#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/visavis/cmd.h"
#include "tools/visavis/flows.h"
#include "tools/visavis/load.h"
#include "tools/visavis/out.h"

enum { FILTERS_MAX = 32 };

struct flows_args {
	void (*print)(struct sbuf *sb, const struct flows_list *l);
	const char *site;
	bool verbose;
	struct flows_filter filters[FILTERS_MAX];
	size_t nfilters;
};

static const struct option options[] = {
	{"json", no_argument, NULL, 'j'},
	{"csv", no_argument, NULL, 'c'},
	{"markdown", no_argument, NULL, 'm'},
	{"tables", no_argument, NULL, 't'},
	{"long", no_argument, NULL, 'l'},
	{"site", required_argument, NULL, 's'},
	{"help", no_argument, NULL, 'h'},
	{"id", required_argument, NULL, 'f'},
	{"table", required_argument, NULL, 'f'},
	{"protocol", required_argument, NULL, 'f'},
	{"transport", required_argument, NULL, 'f'},
	{"role", required_argument, NULL, 'f'},
	{"from", required_argument, NULL, 'f'},
	{"to", required_argument, NULL, 'f'},
	{"port", required_argument, NULL, 'f'},
	{"when", required_argument, NULL, 'f'},
	{"dscp", required_argument, NULL, 'f'},
	{NULL, 0, NULL, 0},
};


static void usage(FILE *f)
{
	(void)fprintf(f,
		"usage: visavis flows [FILTER...] [OPTION...]\n\n"
		"List the rows of the flow matrix that match every filter. A filter is a row,\n"
		"table, protocol, transport, role, port, condition or DSCP; any other word is\n"
		"looked for in the text.\n\n"
		"  --id ROW  --table TABLE  --protocol NAME  --transport l2|icmp|tcp|udp\n"
		"  --role ROLE  --from ROLE  --to ROLE  --port NUMBER  --when CONDITION\n"
		"  --dscp NAME         match this field alone\n"
		"  --site FILE         what applies at this site, with its own matrices\n"
		"  --long              misprints of the source, reasons, same flows\n"
		"  --json --csv --markdown --tables\n\n"
		"  visavis flows SIP            visavis flows --role codec --port 5061\n");
}


static int filter_add(struct flows_args *a, const char *field, const char *value)
{
	if (a->nfilters == FILTERS_MAX) {
		(void)fprintf(stderr, "visavis flows: more than %d filters\n", FILTERS_MAX);
		return EXIT_USAGE;
	}
	if (field && !strcmp(field, "port") &&
	    (!*value || strlen(value) > 5 || value[strspn(value, "0123456789")])) {
		(void)fprintf(stderr, "visavis flows: --port takes a number, not \"%s\"\n", value);
		return EXIT_USAGE;
	}
	a->filters[a->nfilters++] = (struct flows_filter){ field, value };
	return EXIT_OK;
}


/* @return 0 to go on, else the exit code plus one */
static int args_read(struct flows_args *a, int argc, char *argv[])
{
	int c, i = 0, err = EXIT_OK;

	a->print = flows_print_text;
	while (!err && (c = getopt_long(argc, argv, "", options, &i)) != -1) {
		switch (c) {
		case 'j': a->print = flows_print_json; break;
		case 'c': a->print = flows_print_csv; break;
		case 'm': a->print = flows_print_markdown; break;
		case 't': a->print = flows_print_tables; break;
		case 'l': a->verbose = true; break;
		case 's': a->site = optarg; break;
		case 'f': err = filter_add(a, options[i].name, optarg); break;
		case 'h': usage(stdout); return EXIT_OK + 1;
		default:  err = EXIT_USAGE; break;
		}
	}
	while (!err && optind < argc)
		err = filter_add(a, NULL, argv[optind++]);
	if (err)
		(void)fprintf(stderr, "visavis flows --help tells more\n");
	return err ? err + 1 : 0;
}


static int rows_collect(struct flows_list *l, struct arena *a, const struct flow_matrix *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		l->total += m[i].nrows;
	l->v = arena_calloc(a, l->total + 1, sizeof(*l->v));
	if (!l->v)
		return EXIT_FINDINGS;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m[i].nrows; k++)
			if (!l->site || site_row_applies(l->site, &m[i].rows[k]))
				l->v[l->n++] = &m[i].rows[k];
	return EXIT_OK;
}


static int flows_run(const struct flows_args *args, struct arena *a)
{
	struct flows_list l = { .verbose = args->verbose };
	struct flow_matrix builtin;
	struct sbuf sb = {0};
	struct site s;
	int err;

	if (args->site) {
		err = load_site(&s, a, args->site);
		if (err)
			return err;
		l.site = &s;
		err = rows_collect(&l, a, s.matrices, s.nmatrices);
	}
	else {
		err = flow_matrix_builtin(&builtin, a) || rows_collect(&l, a, &builtin, 1);
	}
	if (err) {
		(void)fprintf(stderr, "visavis flows: out of memory\n");
		return EXIT_FINDINGS;
	}

	flows_choose(&l, args->filters, args->nfilters);
	args->print(&sb, &l);
	err = out_flush(&sb);
	if (!err && !l.n) {
		(void)fprintf(stderr, "visavis flows: no row matches\n");
		return EXIT_FINDINGS;
	}
	return err;
}


int cmd_flows(int argc, char *argv[])
{
	struct flows_args args = {0};
	struct arena a = {0};
	int rc = args_read(&args, argc, argv);

	if (rc)
		return rc - 1;

	rc = flows_run(&args, &a);
	arena_reset(&a);
	return rc;
}
