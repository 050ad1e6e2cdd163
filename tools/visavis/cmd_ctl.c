#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "io/ctl.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/secret.h"

enum { QUICK_MS = 10 * 1000, CALL_MS = 240 * 1000, SECRET_SIZE = 256 };

struct ctl_options {
	bool json;
	const char *socket;
	const char *host;
	const char *cmd;
	char **args;
	int nargs;
};


static int usage(FILE *f)
{
	(void)fprintf(f,
		"usage: visavis ctl [--json] [--socket PATH] HOST COMMAND [ARG...]\n\n"
		"  visavis ctl paris help         what this program takes\n"
		"  visavis ctl paris call 1002    place a call, wait until it is answered\n"
		"  visavis ctl paris status       registration, call, streams\n"
		"  visavis ctl callcontrol user add 1003   asks for the password, or reads it\n"
		"                                 from standard input\n\n"
		"  --json         print the answer as JSON\n"
		"  --socket PATH  its control socket (default: $VISAVIS_RUN/HOST/ctl.sock, or\n"
		"                 /run/visavis/HOST/ctl.sock); HOST is then left out\n");
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static bool options_read(struct ctl_options *o, int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--json"))
			o->json = true;
		else if (!strcmp(argv[i], "--socket") && i + 1 < argc)
			o->socket = argv[++i];
		else
			return false;
	}
	if (!o->socket) {
		if (i == argc)
			return false;
		o->host = argv[i++];
	}
	if (i == argc)
		return false;
	o->cmd = argv[i++];
	o->args = argv + i;
	/* people put it last */
	for (; i < argc; i++) {
		if (strcmp(argv[i], "--json"))
			o->args[o->nargs++] = argv[i];
		else
			o->json = true;
	}
	return true;
}


enum { COLUMNS = 80, KEY_WIDTH = 14 };

static void value_print(const char *key, const json_t *v, int depth);


/* A string stays json's, anything else is written to buf; NULL: no scalar. */
static const char *scalar(char *buf, size_t size, const json_t *v)
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "yes" : "no";
	if (json_is_null(v))
		return "-";
	if (json_is_real(v))
		(void)snprintf(buf, size, "%.1f", json_real_value(v));
	else if (json_is_integer(v))
		(void)snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else
		return NULL;
	return buf;
}


/* A few figures that belong together, in one line when they fit into it. */
static bool figures_print(const char *key, const json_t *o, int depth)
{
	char line[COLUMNS + 1], buf[32];
	int room = COLUMNS - depth * 2 - KEY_WIDTH - 1;
	size_t n = 0;
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, name, v) {
		const char *s = json_is_string(v) && strcmp(name, "by") ? NULL :
				scalar(buf, sizeof(buf), v);
		int k = s ? snprintf(line + n, sizeof(line) - n, "%s%s %s", n ? "  " : "", name, s) : -1;

		if (k < 0 || (int)n + k > room)
			return false;
		n += (size_t)k;
	}
	if (n)
		printf("%*s%-*s %s\n", depth * 2, "", KEY_WIDTH, key, line);
	return n > 0;
}


static void object_print(const json_t *o, int depth)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v)
		if (depth || strcmp(key, "ok"))
			value_print(key, v, depth);
}


static void value_print(const char *key, const json_t *v, int depth)
{
	json_t *e;
	size_t i;
	char buf[32];
	const char *s;

	if (json_is_object(v)) {
		if (figures_print(key, v, depth))
			return;
		printf("%*s%s:\n", depth * 2, "", key);
		object_print(v, depth + 1);
		return;
	}
	if (json_is_array(v)) {
		json_array_foreach(v, i, e)
			value_print(key, e, depth);
		return;
	}

	s = scalar(buf, sizeof(buf), v);
	printf("%*s%-*s %s\n", depth * 2, "", KEY_WIDTH, key, s ? s : "?");
}


static void help_print(const json_t *cmds)
{
	const json_t *c;
	size_t i;

	json_array_foreach(cmds, i, c)
		printf("  %-9s %-20s %s\n", json_string_value(json_object_get(c, "name")),
		       json_string_value(json_object_get(c, "args")),
		       json_string_value(json_object_get(c, "help")));
}


static int answer_print(const struct ctl_options *o, const json_t *a)
{
	const char *error = json_string_value(json_object_get(a, "error"));
	const json_t *cmds = json_object_get(a, "commands");
	bool ok = json_is_true(json_object_get(a, "ok"));

	if (o->json) {
		(void)json_dumpf(a, stdout, JSON_INDENT(2));
		printf("\n");
	}
	else if (!ok) {
		(void)fprintf(stderr, "visavis ctl: %s\n", error ? error : "refused");
	}
	else if (json_is_array(cmds)) {
		help_print(cmds);
	}
	else if (json_object_size(a) == 2 && json_is_string(json_object_get(a, "text"))) {
		(void)fputs(json_string_value(json_object_get(a, "text")), stdout);
	}
	else {
		object_print(a, 0);
	}
	return ok ? EXIT_OK : EXIT_FINDINGS;
}


static int failed(const struct ctl_options *o, const char *path, int err)
{
	const char *who = o->host ? o->host : "the program";

	if (err == ENOENT || err == ECONNREFUSED)
		(void)fprintf(stderr, "visavis ctl: %s does not run (nobody listens at %s); start it,"
			      " or set VISAVIS_RUN or --socket\n", who, path);
	else if (err == EACCES)
		(void)fprintf(stderr, "visavis ctl: %s: only the user that %s runs as, and root, may"
			      " tell it what to do\n", path, who);
	else if (err == ETIMEDOUT)
		(void)fprintf(stderr, "visavis ctl: %s does not answer; its log may tell why\n", who);
	else
		(void)fprintf(stderr, "visavis ctl: %s: %s\n", path, strerror(err));
	return EXIT_CANNOT_TELL;
}


/* The password of a new user is an argument of the program's command, but not
 * of ours: `ps` shows ours to everybody. @return an exit code */
static int secret_add(struct ctl_options *o, char *secret)
{
	char what[80];
	int err;

	if (strcmp(o->cmd, "user") || o->nargs < 2 || strcmp(o->args[0], "add"))
		return EXIT_OK;
	if (o->nargs != 2) {
		(void)fprintf(stderr, "visavis ctl: give only the number: the password is asked for, or "
			      "read from standard input, so that no list of processes shows it\n");
		return EXIT_USAGE;
	}
	(void)snprintf(what, sizeof(what), "password of %.40s", o->args[1]);
	err = secret_read(secret, SECRET_SIZE, what);
	if (err == EINVAL)
		(void)fprintf(stderr, "visavis ctl: the two passwords differ; nothing was changed\n");
	else if (err)
		(void)fprintf(stderr, "visavis ctl: no password: %s; nothing was changed\n",
			      err == ENODATA ? "standard input has none" : strerror(err));
	/* there is room: argv ends with a NULL that nobody reads any more */
	o->args[o->nargs++] = secret;
	return err ? EXIT_USAGE : EXIT_OK;
}


int cmd_ctl(int argc, char *argv[])
{
	struct ctl_options o = {0};
	json_t *answer = NULL;
	const char *path;
	char buf[256], secret[SECRET_SIZE] = "";
	int err, code;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")))
		return usage(stdout);
	if (!options_read(&o, argc, argv))
		return usage(stderr);

	path = o.socket;
	if (!path) {
		if (ctl_path(buf, sizeof(buf), o.host)) {
			(void)fprintf(stderr, "visavis ctl: the path of the socket is too long\n");
			return EXIT_USAGE;
		}
		path = buf;
	}
	code = secret_add(&o, secret);
	if (code != EXIT_OK)
		return code;
	err = ctl_request(&answer, path, o.cmd, o.nargs, (const char *const *)o.args,
			  strcmp(o.cmd, "call") ? QUICK_MS : CALL_MS);
	explicit_bzero(secret, sizeof(secret));
	if (err)
		return failed(&o, path, err);

	code = answer_print(&o, answer);
	json_decref(answer);
	return code;
}
