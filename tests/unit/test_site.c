#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/site/site.h"


static const char minimal[] =
	"site: s\nnetworks: { n: 10.0.0.0/24 }\nhosts: { h: { role: codec, address: 10.0.0.5 } }\n";


static void minimal_site_is_read(void **state)
{
	struct arena a = {0};
	struct diag_list dl = {0};
	struct site s;

	assert_int_equal(site_parse(&s, &a, minimal, sizeof(minimal) - 1, "f", &dl), 0);
	assert_int_equal(dl.n, 0);
	assert_string_equal(s.name, "s");
	assert_true(s.security);
	assert_int_equal(s.nhosts, 1);
	assert_ptr_equal(s.hosts[0].networks[0], &s.networks[0]);
	arena_reset(&a);
	diag_reset(&dl);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal_site_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
