#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/policy/audit/diff.h"
#include "lib/policy/pset/show.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/out.h"
#include "tools/visavis/policy.h"

enum { LINE_TEXT = 60, SHOWN = 200 };

struct diff_job {
	const char *from_a, *from_b;
	bool json;
	uint64_t steps;
	struct policy_file a, b;
	struct arena mem;
	struct diff diff;
	struct sbuf sb;
};


static int usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy diff [--from DIALECT] [--to DIALECT] [--steps N]\n"
		      "                           [--json] A B\n\n"
		      "What B lets through that A does not, and the other way round. --from is\n"
		      "A's dialect, --to B's; they are found out when not given.\n");
	policy_put_readers(f);
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static void put_line(struct sbuf *sb, const char *lead, const struct audit_line *l)
{
	sbuf_printf(sb, "      %s", lead);
	policy_put_line(sb, l);
	if (l->rule) {
		sbuf_puts(sb, "  ");
		policy_put_text(sb, &l->rule->text, LINE_TEXT);
	}
	sbuf_putc(sb, '\n');
}


static void put_pieces(struct diff_job *j, const char *title, const struct diff_piece *v, size_t n)
{
	if (!n)
		return;

	sbuf_printf(&j->sb, "%s\n", title);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		sbuf_puts(&j->sb, "  ");
		show_box(&j->sb, &v[i].box);
		sbuf_printf(&j->sb, "\n      from %s to %s%s%s\n",
			    device_iface_name(&j->diff.a, v[i].in),
			    device_iface_name(&j->diff.a, v[i].out),
			    v[i].more_out ? " and others" : "",
			    v[i].unknown ? ", cannot tell of one side" : "");
		put_line(&j->sb, "A: ", &v[i].a);
		put_line(&j->sb, "B: ", &v[i].b);
	}
	if (n > SHOWN)
		sbuf_printf(&j->sb, "  and %zu more; --json has all\n", n - SHOWN);
	sbuf_putc(&j->sb, '\n');
}


static void put_text(struct diff_job *j)
{
	const struct diff *d = &j->diff;

	put_pieces(j, "Permitted by A, not by B:", d->lost, d->nlost);
	put_pieces(j, "Permitted by B, not by A:", d->gained, d->ngained);
	if (d->cut)
		sbuf_puts(&j->sb, "There may be more: out of steps, or too many pieces.\n");
	else if (!d->nlost && !d->ngained)
		sbuf_puts(&j->sb, "Both have the same effect.\n");
}


static void write_line(struct jsonw *w, const char *key, const struct audit_line *l)
{
	struct sbuf text = {0};

	policy_put_line(&text, l);
	jsonw_str(w, key, sbuf_str(&text));
	sbuf_reset(&text);
}


static void write_pieces(struct jsonw *w, const struct diff *d, const char *key,
			 const struct diff_piece *v, size_t n)
{
	jsonw_array_open(w, key);
	for (size_t i = 0; i < n; i++) {
		struct sbuf text = {0};

		show_box(&text, &v[i].box);
		jsonw_object_open(w, NULL);
		jsonw_str(w, "packets", sbuf_str(&text));
		jsonw_str(w, "in", device_iface_name(&d->a, v[i].in));
		jsonw_str(w, "out", device_iface_name(&d->a, v[i].out));
		write_line(w, "a", &v[i].a);
		write_line(w, "b", &v[i].b);
		jsonw_bool(w, "more_out", v[i].more_out);
		jsonw_bool(w, "unknown", v[i].unknown);
		jsonw_close(w);
		sbuf_reset(&text);
	}
	jsonw_close(w);
}


static void put_json(struct diff_job *j)
{
	struct jsonw w = { .sb = &j->sb };

	jsonw_object_open(&w, NULL);
	write_pieces(&w, &j->diff, "lost", j->diff.lost, j->diff.nlost);
	write_pieces(&w, &j->diff, "gained", j->diff.gained, j->diff.ngained);
	jsonw_bool(&w, "complete", !j->diff.cut);
	jsonw_close(&w);
}


/** Findings are those that are certain; without any, doubt counts. */
static int exit_code(const struct diff *d)
{
	bool doubt = d->cut, sure = false;

	for (size_t i = 0; i < d->nlost; i++)
		*(d->lost[i].unknown ? &doubt : &sure) = true;
	for (size_t i = 0; i < d->ngained; i++)
		*(d->gained[i].unknown ? &doubt : &sure) = true;

	return sure ? EXIT_FINDINGS : doubt ? EXIT_CANNOT_TELL : EXIT_OK;
}


static int run(struct diff_job *j, const char *a, const char *b)
{
	int rc = policy_file_read(&j->a, a, j->from_a);
	int rc_b = policy_file_read(&j->b, b, j->from_b);
	int err;

	if (rc || rc_b)
		return EXIT_USAGE;
	err = diff_run(&j->diff, &j->mem, &j->a.config, &j->b.config, j->steps);
	if (err) {
		(void)fprintf(stderr, "visavis policy diff: %s\n", strerror(err));
		return EXIT_CANNOT_TELL;
	}
	if (!j->diff.a.nhooks || !j->diff.b.nhooks) {
		(void)fprintf(stderr, "%s: holds several lists and applies none; keep one\n",
			      j->diff.a.nhooks ? b : a);
		return EXIT_CANNOT_TELL;
	}

	if (j->json)
		put_json(j);
	else
		put_text(j);
	return out_flush(&j->sb) ? EXIT_USAGE : exit_code(&j->diff);
}


int policy_diff(int argc, char *argv[])
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"steps", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct diff_job j = {0};
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'f': j.from_a = optarg; break;
		case 't': j.from_b = optarg; break;
		case 's': j.steps = strtoull(optarg, NULL, 10); break;
		case 'j': j.json = true; break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	if (argc - optind != 2)
		return usage(stderr);

	rc = run(&j, argv[optind], argv[optind + 1]);
	diff_reset(&j.diff);
	policy_file_close(&j.a);
	policy_file_close(&j.b);
	sbuf_reset(&j.sb);
	arena_reset(&j.mem);
	return rc;
}
