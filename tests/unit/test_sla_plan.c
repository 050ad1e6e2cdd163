/* Meetings on links: worked out by hand, and the search for the most at once
 * against trying every way, by seed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sla/plan.h"
#include "tests/unit/failmalloc.h"

struct bed {
	struct arena a;
	struct site site;
	struct sla_plan p;
};


static int bed_open(struct bed *b, const char *text, const char *quality, bool content)
{
	struct diag_list dl = {0};
	int err = site_parse(&b->site, &b->a, text, strlen(text), "site", &dl);

	for (size_t i = 0; i < dl.n; i++)
		print_message("%u: %s\n", dl.v[i].pos.line, dl.v[i].msg);
	diag_reset(&dl);
	return err ? err : sla_plan_make(&b->p, &b->a, &b->site, quality, content);
}


static const char two[] =
	"site: two\n"
	"networks: { a: 10.0.1.0/24, b: 10.0.2.0/24, c: 10.0.3.0/24 }\n"
	"hosts:\n"
	"  big: { role: codec, address: 10.0.1.1, screens: 3 }\n"
	"  small: { role: codec, address: 10.0.2.1 }\n"
	"  other: { role: codec, address: 10.0.2.2 }\n"
	"  phones: { role: phone, address: 10.0.1.100-10.0.1.109 }\n"
	"%s"
	"links: { a: %s, b: 10M, c: 1G }\n";

static const char mcu[] = "  mcu: { role: multipoint, address: 10.0.3.1 }\n";


static void open_two(struct bed *b, const char *width, bool with_mcu)
{
	char text[1024];

	memset(b, 0, sizeof(*b));
	(void)snprintf(text, sizeof(text), two, with_mcu ? mcu : "", width);
	assert_int_equal(bed_open(b, text, "1080p-best", false), 0);
}


/* 3 pictures of 4,000 and sounds of 64 kb/s and a fifth more; ten telephones. */
static void test_links(void **state)
{
	struct bed b;

	(void)state;
	open_two(&b, "15M", true);
	assert_int_equal(b.p.nrooms, 3);
	assert_int_equal(b.p.links[0].screens, 3);
	assert_int_equal(b.p.links[0].handsets, 10);
	assert_int_equal(b.p.links[0].all.bps_out, (12192 + 640) * 1200);
	assert_int_equal(b.p.links[0].all.pps_in, 1350 + 500);
	assert_int_equal(b.p.links[0].rooms_fit, 1);
	assert_int_equal(b.p.links[1].all.bps_in, 2 * 4064 * 1200);
	assert_int_equal(b.p.links[1].rooms_fit, 2);
	/* all rooms' pictures and sounds in; each room's and three sounds out */
	assert_int_equal(b.p.multipoint_load.pps_in, 1350 + 450 + 450);
	assert_int_equal(b.p.multipoint_load.pps_out, 1350 + 550 + 550);
	arena_reset(&b.a);
}


/* big and small: one picture each way, three sounds one way, one the other. */
static void test_pair(void **state)
{
	const char *bad;
	struct sla_plan_meeting m;
	struct sla_plan_fit fit;
	struct bed b;

	(void)state;
	open_two(&b, "5M", true);
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "big,small", &bad), 0);
	assert_false(m.alone.fits);
	assert_string_equal(m.alone.link->name, "a");
	assert_int_equal(m.alone.need_bps, (4000 + 3 * 64) * 1200);
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "small,other", &bad), 0);
	assert_true(m.alone.fits);	/* one network: no link */
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "small,nobody", &bad), ENOENT);
	assert_string_equal(bad, "nobody");
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "small,small", &bad), EINVAL);
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "small", &bad), EINVAL);
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "big,small,other", &bad), 0);
	assert_int_equal(sla_plan_at_once(&fit, &b.a, &b.p, &m, 1), 0);
	assert_false(fit.fits);
	assert_int_equal(fit.need_bps, (12000 + 192) * 1200);
	arena_reset(&b.a);

	open_two(&b, "1G", false);
	assert_int_equal(sla_plan_meeting_read(&m, &b.a, &b.p, "big,small,other", &bad), 0);
	assert_false(m.alone.fits || m.alone.unknown || m.alone.link);
	assert_null(b.p.multipoint);
	arena_reset(&b.a);
}


/* Rooms of so many screens, each in a network of its own with that link ("-": none is given). */
static void open_rooms(struct bed *b, const unsigned *screens, const char *const *links, unsigned n)
{
	char text[4096];
	int at = snprintf(text, sizeof(text), "site: s\nnetworks:\n  core: 10.9.0.0/24\n");

	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "  n%u: 10.0.%u.0/24\n", i, i);
	at += snprintf(text + at, sizeof(text) - (size_t)at,
		       "hosts:\n  mcu: { role: multipoint, address: 10.9.0.1 }\n");
	for (unsigned i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at,
			       "  r%u: { role: codec, address: 10.0.%u.1, screens: %u }\n", i, i, screens[i]);
	at += snprintf(text + at, sizeof(text) - (size_t)at, "links:\n  core: 10G\n");
	for (unsigned i = 0; i < n; i++)
		if (*links[i] != '-')
			at += snprintf(text + at, sizeof(text) - (size_t)at, "  n%u: %s\n", i, links[i]);
	assert_int_equal(bed_open(b, text, "1080p-best", false), 0);
}


static struct sla_plan_fit fit_of(struct bed *b, const char *names)
{
	struct sla_plan_meeting m;
	const char *bad;

	assert_int_equal(sla_plan_meeting_read(&m, &b->a, &b->p, names, &bad), 0);
	return m.alone;
}


/* Each way has its own load: a small room sends one sound, and gets three. */
static void test_ways(void **state)
{
	static const unsigned screens[] = {1, 3, 1, 1};
	static const char *const links[] = {"5M", "1G", "1G", "1G"};
	struct sla_plan_fit fit;
	struct bed b;

	(void)state;
	open_rooms(&b, screens, links, 4);
	fit = fit_of(&b, "r0,r1");
	assert_false(fit.fits);
	assert_int_equal(fit.need_bps, (4000 + 3 * 64) * 1200);
	assert_true(fit_of(&b, "r0,r2").fits);
	/* of three rooms each hears the other two */
	assert_true(fit_of(&b, "r0,r2,r3").fits);
	assert_false(fit_of(&b, "r0,r1,r2").fits);
	arena_reset(&b.a);
}


/* What is too narrow is told before what is not known, wherever it stands. */
static void test_unknown_links(void **state)
{
	static const unsigned screens[] = {1, 1, 1};
	static const char *const narrow_last[] = {"-", "1M", "1G"}, *const narrow_first[] = {"1M", "-", "2M"};
	struct sla_plan_fit fit;
	struct bed b;

	(void)state;
	open_rooms(&b, screens, narrow_last, 3);
	fit = fit_of(&b, "r0,r1");
	assert_true(!fit.fits && !fit.unknown);
	assert_string_equal(fit.link->name, "n1");
	fit = fit_of(&b, "r0,r2");
	assert_true(!fit.fits && fit.unknown);
	assert_string_equal(fit.link->name, "n0");
	arena_reset(&b.a);
	open_rooms(&b, screens, narrow_first, 3);
	fit = fit_of(&b, "r0,r1");
	assert_true(!fit.fits && !fit.unknown);
	assert_string_equal(fit.link->name, "n0");
	assert_string_equal(fit_of(&b, "r0,r2").link->name, "n0");
	arena_reset(&b.a);
}


/* 16 rooms of three screens are the 48 segments of a switch. */
static void test_segments(void **state)
{
	static const char *const names = "r0,r1,r2,r3,r4,r5,r6,r7,r8,r9,r10,r11,r12,r13,r14,r15,r16";
	unsigned screens[17];
	const char *links[17];
	struct sla_plan_fit fit;
	char but_one[80];
	struct bed b;

	(void)state;
	for (unsigned i = 0; i < 17; i++) {
		screens[i] = i < 16 ? 3 : 1;
		links[i] = "1G";
	}
	open_rooms(&b, screens, links, 17);
	(void)snprintf(but_one, sizeof(but_one), "%.*s", (int)(strrchr(names, ',') - names), names);
	assert_true(fit_of(&b, but_one).fits);
	fit = fit_of(&b, names);
	assert_false(fit.fits || fit.unknown || fit.link);
	assert_false(b.p.every.fits);
	arena_reset(&b.a);
}


/* A range over the end of a byte: 67 telephones; slides are no matter of theirs. */
static void test_handsets(void **state)
{
	static const char text[] =
		"site: s\nnetworks: { a: [10.0.0.0/16, \"fd00::/32\"] }\nhosts:\n"
		"  r: { role: codec, address: 10.0.0.1 }\n"
		"  p: { role: phone, address: 10.0.1.200-10.0.2.10 }\n"
		"  q: { role: phone, address: \"fd00::ff-fd00::100\" }\n%s";
	char all[512];
	struct bed b = {0};

	(void)state;
	(void)snprintf(all, sizeof(all), text, "");
	assert_int_equal(bed_open(&b, all, "1080p-best", true), 0);
	assert_int_equal(b.p.links[0].handsets, 67 + 2);
	assert_int_equal(b.p.links[0].all.bps_in, (4000 + 64 + 500 + 69 * 64) * 1200);
	arena_reset(&b.a);
	(void)snprintf(all, sizeof(all), text, "  s: { role: phone, address: \"fd00:0:1::-fd00:0:2::\" }\n");
	b = (struct bed){0};
	assert_int_equal(bed_open(&b, all, "1080p-best", true), 0);
	assert_int_equal(b.p.links[0].handsets, 67 + 2 + (1 << 18));
	arena_reset(&b.a);
}


static void test_refused(void **state)
{
	static const char none[] =
		"site: none\nnetworks: { a: 10.0.1.0/24 }\nhosts: { pc: { role: host, address: 10.0.1.1 } }\n";
	struct bed b = {0};

	(void)state;
	assert_int_equal(bed_open(&b, none, "1080p-best", false), ENODATA);
	arena_reset(&b.a);
	assert_int_equal(bed_open(&b, none, "audio", false), ENOENT);
	arena_reset(&b.a);
	assert_int_equal(bed_open(&b, none, "9000p", false), ENOENT);
	arena_reset(&b.a);
}


/* Most meetings of the rooms not in `used`, by trying all. */
static size_t most(struct bed *b, unsigned used, struct sla_plan_meeting *m, size_t n)
{
	size_t best = n;

	for (size_t i = 0; i < b->p.npairs; i++) {
		const struct sla_plan_meeting *pair = &b->p.pairs[i];
		unsigned bits = 1u << (pair->rooms[0] - b->p.rooms) | 1u << (pair->rooms[1] - b->p.rooms);
		struct arena tmp = {0};
		struct sla_plan_fit fit;

		if (used & bits)
			continue;
		m[n] = *pair;
		assert_int_equal(sla_plan_at_once(&fit, &tmp, &b->p, m, n + 1), 0);
		arena_reset(&tmp);
		if (fit.fits || fit.unknown) {
			size_t more = most(b, used | bits, m, n + 1);

			best = more > best ? more : best;
		}
	}
	return best;
}


static void test_most(void **state)
{
	static const char *const widths[] = {"2M", "5M", "6M", "10M", "15M", "20M"};

	(void)state;
	srand(3);
	for (unsigned seed = 0; seed < 30; seed++) {
		struct sla_plan_meeting m[4];
		struct bed b = {0};
		char text[2048];
		int n = snprintf(text, sizeof(text), "site: s\nnetworks: { a: 10.0.1.0/24, b: 10.0.2.0/24, "
				 "c: 10.0.3.0/24 }\nhosts:\n");

		for (unsigned i = 0; i < 6; i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n,
				      "  r%u: { role: codec, address: 10.0.%d.%u, screens: %d }\n", i,
				      1 + rand() % 3, i + 1, 1 + rand() % 3);
		(void)snprintf(text + n, sizeof(text) - (size_t)n, "links: { a: %s, b: %s, c: %s }\n",
			       widths[rand() % 6], widths[rand() % 6], widths[rand() % 6]);
		assert_int_equal(bed_open(&b, text, "1080p-best", false), 0);
		assert_true(b.p.most_exact);
		assert_int_equal(b.p.nmost, most(&b, 0, m, 0));
		arena_reset(&b.a);
	}
}


static int path(struct bed *b, struct sla_plan_path *p, const char *text, const char **what)
{
	return sla_plan_path_read(p, &b->a, &b->p, "file", text, strlen(text), what);
}


static void test_measured(void **state)
{
	static const char fit[] = "{\"from\":\"big\",\"to\":\"small\",\"profiles\":[\"room3-1080p-best\"],"
		"\"verdict\":\"fit\",\"checks\":[]}";
	static const char unfit[] = "{\"from\":\"small\",\"to\":\"big\",\"profiles\":[\"audio\"],\"verdict\":\"unfit\","
		"\"checks\":[{\"answer\":\"unfit\",\"text\":\"loss\"},{\"answer\":\"fit\",\"text\":\"jitter\"}]}";
	static const char unknown[] = "{\"from\":\"big\",\"to\":\"small\",\"profiles\":[\"audio\"],"
		"\"verdict\":\"cannot tell\"}";
	struct sla_plan_path p[2];
	const struct sla_plan_path *by;
	const char *what;
	struct bed b;

	(void)state;
	open_two(&b, "1G", true);
	assert_int_equal(path(&b, &p[0], fit, &what), 0);
	assert_int_equal(p[0].kbps, 12192);
	assert_int_equal(sla_plan_pair_answer(&b.p, &b.p.pairs[0], p, 1, &by), SLA_FIT);
	assert_ptr_equal(by, &p[0]);
	/* what fails at a lower rate fails at this one */
	assert_int_equal(path(&b, &p[1], unfit, &what), 0);
	assert_int_equal(p[1].nreasons, 1);
	assert_string_equal(p[1].reasons[0], "loss");
	assert_int_equal(sla_plan_pair_answer(&b.p, &b.p.pairs[0], p, 2, &by), SLA_UNFIT);
	/* of one that cannot be told and one that is fit the first counts */
	assert_int_equal(path(&b, &p[1], unknown, &what), 0);
	assert_int_equal(sla_plan_pair_answer(&b.p, &b.p.pairs[0], p, 2, &by), SLA_UNKNOWN);
	assert_ptr_equal(by, &p[1]);
	/* what was measured at a lower rate says nothing good of this one */
	p[0].kbps = sla_plan_pair_kbps(&b.p, b.p.pairs[0].rooms[0], b.p.pairs[0].rooms[1]) - 1;
	assert_int_equal(sla_plan_pair_answer(&b.p, &b.p.pairs[0], p, 1, &by), SLA_UNKNOWN);
	assert_null(by);
	/* small and other share a network; nothing was measured within it */
	assert_int_equal(sla_plan_pair_answer(&b.p, &b.p.pairs[2], p, 2, &by), SLA_UNKNOWN);
	assert_null(by);
	arena_reset(&b.a);
}


static void test_measured_bad(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "{\"from\":\"big\"", "{\"from\":\"big\",\"to\":\"nobody\"}",
		"{\"from\":\"big\",\"to\":\"small\"}", "{\"from\":\"big\",\"to\":\"small\",\"verdict\":\"good\"}",
		"{\"from\":\"big\",\"to\":\"small\",\"verdict\":\"fit\",\"profiles\":[7]}",
		"{\"from\":\"big\",\"to\":\"small\",\"verdict\":\"fit\",\"profiles\":[\"room9\"]}",
		"{\"from\":\"big\",\"to\":\"small\",\"verdict\":\"fit\",\"profiles\":[\"audio\",\"audio\",\"audio\",\"audio\","
		"\"audio\",\"audio\",\"audio\",\"audio\",\"audio\",\"audio\",\"audio\",\"audio\",\"audio\"]}",
	};
	struct sla_plan_path p;
	const char *what;
	struct bed b;

	(void)state;
	open_two(&b, "1G", true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(path(&b, &p, bad[i], &what), EBADMSG);
		assert_non_null(what);
	}
	arena_reset(&b.a);
}


static void make(void *arg)
{
	struct bed b = {0};
	int err;

	err = bed_open(&b, arg, "720p-good", false);
	assert_true(err == ENOMEM || err == EBADMSG || !err);
	if (!err)
		assert_true(b.p.nrooms == 3 && b.p.most);
	arena_reset(&b.a);
}


/* A room in each of many networks, on links that hold no meeting: what is tried costs no memory. */
static void test_many(void **state)
{
	enum { ROOMS = 1000, LINE = 64 };
	struct bed b = {.p = {.nrooms = 0}};
	char *text = malloc(3 * ROOMS * LINE), *p = text;

	(void)state;
	assert_non_null(text);
	p += sprintf(p, "site: many\nnetworks:\n");
	for (unsigned i = 0; i < ROOMS; i++)
		p += sprintf(p, "  n%u: 10.%u.%u.0/24\n", i, i / 256, i % 256);
	p += sprintf(p, "hosts:\n");
	for (unsigned i = 0; i < ROOMS; i++)
		p += sprintf(p, "  r%u: { role: codec, address: 10.%u.%u.1 }\n", i, i / 256, i % 256);
	p += sprintf(p, "links:\n");
	for (unsigned i = 0; i < ROOMS; i++)
		p += sprintf(p, "  n%u: 1M\n", i);
	assert_int_equal(bed_open(&b, text, "1080p-best", false), 0);
	assert_int_equal(b.p.nrooms, ROOMS);
	assert_int_equal(b.p.nmost, 0);
	assert_true(b.p.most_exact);
	assert_true(b.a.used < (size_t)8 << 20);
	arena_reset(&b.a);
	free(text);
}


static void test_memory(void **state)
{
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text), two, mcu, "10M");
	assert_true(failmalloc_each(make, text) >= 2);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_unknown_links),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_handsets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_measured_bad),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
