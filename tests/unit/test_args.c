#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/args.h"

static struct {
	const char *file;
	unsigned fps;
	int mode;
	bool loud;
} got;

static const char *const modes[] = {"on", "log", "off", NULL};

static const struct arg rows[] = {
	{.name = "file", .to = &got.file, .value = "FILE", .help = "a file", .required = true},
	{.name = "fps", .kind = ARG_NUMBER, .to = &got.fps, .value = "N", .lo = 1, .hi = 60},
	{.name = "mode", .kind = ARG_CHOICE, .to = &got.mode, .value = "on|log|off", .choices = modes},
	{.name = "v", .kind = ARG_FLAG, .to = &got.loud},
};


static int parse(const char *a, const char *b, const char *c, const char *d)
{
	const char *words[] = {"prog", a, b, c, d, NULL};
	char *argv[6];
	int argc = 0;

	memset(&got, 0, sizeof(got));
	got.mode = -1;
	while (words[argc]) {
		argv[argc] = (char *)(uintptr_t)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	return args_parse("prog", rows, sizeof(rows) / sizeof(rows[0]), argc, argv);
}


static void values_arrive(void **state)
{
	assert_int_equal(parse("--file", "x", "--fps=60", "-v"), 0);
	assert_string_equal(got.file, "x");
	assert_int_equal(got.fps, 60);
	assert_int_equal(got.mode, -1);
	assert_true(got.loud);

	assert_int_equal(parse("--mode", "off", "--file", "x"), 0);
	assert_int_equal(got.mode, 2);
	assert_false(got.loud);
}


static void what_is_wrong_is_refused(void **state)
{
	static const char *const v[][4] = {
		{"--fps", "30"},				/* no --file */
		{"--file"},					/* no value */
		{"--file", "x", "--nonsense"},
		{"--file", "x", "-q"},
		{"--file", "x", "more"},
		{"--file", "x", "--fps", "0"}, {"--file", "x", "--fps", "61"},
		{"--file", "x", "--fps", "-1"}, {"--file", "x", "--fps", " 5"},
		{"--file", "x", "--fps", "5x"}, {"--file", "x", "--fps", ""},
		{"--file", "x", "--fps", "99999999999999999999"},
		{"--file", "x", "--mode", "maybe"},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_int_equal(parse(v[i][0], v[i][1], v[i][2], v[i][3]), EINVAL);
}


/* Standard output is the test's own report. */
static void help_needs_nothing_else(void **state)
{
	int was = dup(STDOUT_FILENO), help, version;

	assert_true(was >= 0);
	(void)fflush(stdout);
	assert_non_null(freopen("/dev/null", "w", stdout));
	help = parse("--help", NULL, NULL, NULL);
	version = parse("--version", NULL, NULL, NULL);
	(void)fflush(stdout);
	(void)dup2(was, STDOUT_FILENO);
	(void)close(was);
	assert_int_equal(help, ECANCELED);
	assert_int_equal(version, ECANCELED);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(help_needs_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
