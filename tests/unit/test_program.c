#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/program.h"

static struct {
	unsigned runs, ends;
	size_t nmatrices;
	bool security;
	char self[32], path[PROGRAM_PATH];
	int err, path_err;
} saw;

static char dir[] = "/tmp/visavis-program.XXXXXX";


static int run(struct program *p)
{
	saw.runs++;
	saw.nmatrices = p->site.nmatrices;
	saw.security = p->site.security;
	(void)snprintf(saw.self, sizeof(saw.self), "%s", p->self->name);
	saw.path_err = program_path(saw.path, p, STATE_CERT);
	return saw.err;
}


static void end(struct program *p)
{
	saw.ends++;
}


/* @param more  one option more, or NULL */
static int start(const char *site, const char *host, const char *state, const char *more)
{
	struct program p = {.name = "visavis-test", .role = "codec", .run_h = run, .end_h = end};
	char path[64], *argv[10];
	const char *words[] = {"visavis-test", "--site", path, "--host", host, "--state", state, more};
	int argc = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, site);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && words[i]; i++)
		argv[argc++] = (char *)(uintptr_t)words[i];
	argv[argc] = NULL;
	return program_main(&p, argc, argv);
}


static void put(const char *name, const char *text)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}


static int setup(void **state)
{
	static const char site[] =
		"site: demo\nsecurity: on\n%s"
		"networks: { paris: 10.77.1.0/24 }\n"
		"hosts:\n"
		"  room: { role: codec, address: 10.77.1.10, number: \"1001\" }\n"
		"  desk: { role: admin, address: 10.77.1.11 }\n";
	char text[1024];

	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(text, sizeof(text), site, "");
	put("plain.yaml", text);
	(void)snprintf(text, sizeof(text), site, "matrices: more.yaml\n");
	put("more-site.yaml", text);
	put("more.yaml", "matrix: more\nrows:\n"
	    "  - { id: M-1, protocol: echo, transport: udp, from: codec, to: admin, ports: 7, purpose: Echo. }\n");
	return 0;
}


static int teardown(void **state)
{
	static const char *const files[] = {"plain.yaml", "more-site.yaml", "more.yaml"};
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}


static int forget(void **state)
{
	memset(&saw, 0, sizeof(saw));
	return 0;
}


static void runs_as_its_host(void **state)
{
	assert_int_equal(start("plain.yaml", "room", "keep", NULL), 0);
	assert_int_equal(saw.runs, 1);
	assert_int_equal(saw.ends, 1);
	assert_string_equal(saw.self, "room");
	assert_string_equal(saw.path, "keep/tls.pem");
	assert_true(saw.security);
	assert_int_equal(saw.nmatrices, 1);
}


static void reads_the_matrices_that_a_site_names(void **state)
{
	assert_int_equal(start("more-site.yaml", "room", "keep", NULL), 0);
	assert_int_equal(saw.nmatrices, 2);
}


static void security_overrules_the_site(void **state)
{
	assert_int_equal(start("plain.yaml", "room", "keep", "--security=off"), 0);
	assert_false(saw.security);
	assert_int_equal(start("plain.yaml", "room", "keep", "--security=perhaps"), ARGS_EXIT_USAGE);
	assert_int_equal(saw.runs, 1);
}


static void a_host_that_is_not_ours_is_refused(void **state)
{
	assert_int_equal(start("plain.yaml", "nobody", "keep", NULL), 1);
	assert_int_equal(start("plain.yaml", "desk", "keep", NULL), 1);
	assert_int_equal(start("absent.yaml", "room", "keep", NULL), 1);
	assert_int_equal(start("plain.yaml", "room", "keep", "--log=/nowhere/log"), 1);
	assert_int_equal(saw.runs, 0);
	assert_int_equal(saw.ends, 0);
}


static void a_failure_is_the_exit_status(void **state)
{
	saw.err = EIO;
	assert_int_equal(start("plain.yaml", "room", "keep", NULL), 1);
	assert_int_equal(saw.ends, 1);
}


static void a_long_path_is_refused(void **state)
{
	char longer[PROGRAM_PATH + 1];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(start("plain.yaml", "room", longer, NULL), 0);
	assert_int_equal(saw.path_err, ENAMETOOLONG);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(runs_as_its_host, forget),
		cmocka_unit_test_setup(reads_the_matrices_that_a_site_names, forget),
		cmocka_unit_test_setup(security_overrules_the_site, forget),
		cmocka_unit_test_setup(a_host_that_is_not_ours_is_refused, forget),
		cmocka_unit_test_setup(a_failure_is_the_exit_status, forget),
		cmocka_unit_test_setup(a_long_path_is_refused, forget),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
