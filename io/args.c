#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/args.h"

enum { OPT_HELP = 1 << 8, OPT_VERSION, OPT_ROW };	/* above any letter */


static bool is_letter(const struct arg *a)
{
	return !a->name[1];
}


static int print_form(char *buf, size_t size, const struct arg *a)
{
	return snprintf(buf, size, "%s%s%s%s", is_letter(a) ? "-" : "--", a->name,
			a->value ? " " : "", a->value ? a->value : "");
}


static void help_print(const char *prog, const struct arg *v, size_t n)
{
	char form[80];

	printf("usage: %s", prog);
	for (size_t i = 0; i < n; i++)
		if (v[i].required && print_form(form, sizeof(form), &v[i]) > 0)
			printf(" %s", form);
	printf(" [OPTION...]\n\n");
	for (size_t i = 0; i < n; i++)
		if (v[i].help && print_form(form, sizeof(form), &v[i]) > 0)
			printf("  %-20s %s\n", form, v[i].help);
	printf("  %-20s %s\n  %-20s %s\n\nman %s tells more.\n", "--help", "this text", "--version",
	       "the version", prog);
}


static int set_number(const struct arg *a, const char *s)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno || *end || end == s || *s < '0' || *s > '9' || n < a->lo || n > a->hi)
		return EINVAL;
	*(unsigned *)a->to = (unsigned)n;
	return 0;
}


static int set_choice(const struct arg *a, const char *s)
{
	for (int i = 0; a->choices[i]; i++)
		if (!strcmp(a->choices[i], s)) {
			*(int *)a->to = i;
			return 0;
		}
	return EINVAL;
}


static int set(const struct arg *a, const char *s)
{
	switch (a->kind) {
	case ARG_TEXT:
		*(const char **)a->to = s;
		return 0;
	case ARG_FLAG:
		*(bool *)a->to = true;
		return 0;
	case ARG_NUMBER:
		return set_number(a, s);
	case ARG_CHOICE:
	default:
		return set_choice(a, s);
	}
}


static int say(const char *prog, const char *what, const char *word)
{
	(void)fprintf(stderr, "%s: %s%s; %s --help lists the options\n", prog, what, word, prog);
	return EINVAL;
}


static void choices_print(const char *prog, const struct arg *a, const char *value)
{
	(void)fprintf(stderr, "%s: --%s %s: give", prog, a->name, value);
	for (int i = 0; a->choices[i]; i++)
		(void)fprintf(stderr, "%s %s", !i ? "" : a->choices[i + 1] ? "," : " or", a->choices[i]);
	(void)fputc('\n', stderr);
}


static int complain(const char *prog, const struct arg *a, const char *value)
{
	if (a->kind == ARG_NUMBER)
		(void)fprintf(stderr, "%s: --%s %s: give a number from %u to %u\n", prog, a->name,
			      value, a->lo, a->hi);
	else
		choices_print(prog, a, value);
	return EINVAL;
}


static const struct arg *row_find(const struct arg *v, size_t n, int c)
{
	if (c >= OPT_ROW)
		return &v[c - OPT_ROW];
	for (size_t i = 0; i < n; i++)
		if (is_letter(&v[i]) && v[i].name[0] == c)
			return &v[i];
	return NULL;
}


/* getopt's own form of the table. */
static void longs_make(struct option *longs, char *letters, const struct arg *v, size_t n)
{
	*letters++ = ':';	/* missing values are told from unknown options */
	for (size_t i = 0; i < n; i++) {
		bool value = v[i].kind != ARG_FLAG;

		if (!is_letter(&v[i])) {
			*longs++ = (struct option){v[i].name, value, NULL, OPT_ROW + (int)i};
			continue;
		}
		*letters++ = v[i].name[0];
		if (value)
			*letters++ = ':';
	}
	*letters = '\0';
	*longs++ = (struct option){"help", 0, NULL, OPT_HELP};
	*longs++ = (struct option){"version", 0, NULL, OPT_VERSION};
	*longs = (struct option){NULL, 0, NULL, 0};
}


int args_parse(const char *prog, const struct arg *v, size_t n, int argc, char *argv[])
{
	struct option longs[ARGS_MAX + 3];
	char letters[2 * ARGS_MAX + 2];
	bool given[ARGS_MAX] = {false};
	int c;

	if (n > ARGS_MAX)
		return EINVAL;
	longs_make(longs, letters, v, n);
	optind = 0;	/* glibc: start afresh */
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct arg *a;

		if (c == OPT_HELP)
			return help_print(prog, v, n), ECANCELED;
		if (c == OPT_VERSION)
			return printf("%s " VISAVIS_VERSION "\n", prog), ECANCELED;
		if (c == '?' || c == ':')
			return say(prog, c == '?' ? "no such option, or it takes no value: " :
				   "needs a value: ", argv[optind - 1]);
		a = row_find(v, n, c);
		if (!a)
			return EINVAL;
		if (set(a, optarg))
			return complain(prog, a, optarg);
		given[a - v] = true;
	}
	if (optind < argc)
		return say(prog, "not an option: ", argv[optind]);
	for (size_t i = 0; i < n; i++)
		if (v[i].required && !given[i])
			return say(prog, "missing: --", v[i].name);
	return 0;
}
