#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rooms.h"

static const char rooms[] =
	"site: t\n"
	"security: on\n"
	"networks: { a: [10.1.0.0/24, \"fd00:1::/64\"], b: 10.1.1.0/24, c: 10.9.0.0/24 }\n"
	"hosts:\n"
	"  r1: { role: codec, address: [10.1.0.10, \"fd00:1::10\"], number: \"1\" }\n"
	"  r2: { role: codec, address: 10.1.1.10, number: \"2\" }\n"
	"  p1: { role: phone, address: 10.1.0.20 }\n"
	"  cc: { role: [callcontrol, dns, ntp, tftp, dhcp], address: 10.9.0.5 }\n";


void rooms_expand(struct rooms *f, const char *more)
{
	char text[4096];

	memset(f, 0, sizeof(*f));
	(void)snprintf(text, sizeof(text), "%s%s", rooms, more);
	f->err = site_parse(&f->site, &f->mem, text, strlen(text), "t", &f->dl);
	if (!f->err)
		f->err = need_expand(&f->needs, &f->mem, &f->site, &f->dl);
}


void rooms_build(struct rooms *f, const char *more)
{
	rooms_expand(f, more);
	if (!f->err)
		f->err = policy_build(&f->p, &f->mem, &f->site, &f->site.firewalls[0],
				      &f->needs);
}


static void must_be_fine(const struct rooms *f)
{
	for (size_t i = 0; f->err && i < f->dl.n; i++)
		print_message("%s\n", f->dl.v[i].msg);
	assert_int_equal(f->err, 0);
}


void rooms_expand_ok(struct rooms *f, const char *more)
{
	rooms_expand(f, more);
	must_be_fine(f);
}


void rooms_build_ok(struct rooms *f, const char *more)
{
	rooms_build(f, more);
	must_be_fine(f);
}


void rooms_reset(struct rooms *f)
{
	diag_reset(&f->dl);
	arena_reset(&f->mem);
}
