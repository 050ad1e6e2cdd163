/* The profiles' sums against the published figures, and the schedule they
 * give, packet by packet. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sla/profile.h"

#define NS INT64_C(1000000000)


static void test_table(void **state)
{
	(void)state;
	for (const struct sla_profile *p = sla_profiles; p->name; p++) {
		assert_ptr_equal(sla_profile_find(p->name), p);
		assert_non_null(p->parts[0].shape);
		for (unsigned i = 0; i < SLA_PARTS_MAX && p->parts[i].shape; i++)
			assert_non_null(sla_shape_find(p->parts[i].shape));
	}
	assert_null(sla_profile_find("room"));
	assert_null(sla_profile_find(""));
}


/* Published: 1,170 to 1,350 packets/s and about 15 Mb/s for three screens,
 * 340 to 455 packets/s of about 1,100 bytes for one. */
static void test_sums(void **state)
{
	static const char *const three[] = {"room3-1080p-best", "room3-1080p-better", "room3-1080p-good"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct sla_profile *p = sla_profile_find(three[i]);

		assert_in_range(sla_profile_pps(p), 1170, 1350);
		assert_int_equal(p->dscp, 32);
	}
	assert_int_equal(sla_profile_pps(sla_profile_find("room3-1080p-best")), 1350);
	assert_int_equal(sla_profile_pps(sla_profile_find("room3-1080p-good")), 1170);
	assert_int_equal(sla_profile_kbps(sla_profile_find("room3-1080p-best"), false), 12192);
	assert_int_equal(sla_profile_kbps(sla_profile_find("room3-1080p-best"), true), 14630);
	assert_int_equal(sla_profile_kbps(sla_profile_find("room1-720p-good"), false), 1064);
	assert_int_equal(sla_profile_find("desktop")->dscp, 34);
	for (const struct sla_shape *s = sla_shapes; s->name; s++) {
		if (s->kind != SLA_VIDEO)
			continue;
		assert_in_range(s->kbps * 125 / s->pps, 1000, 1250);
		if (!strncmp(s->name, "1080p", 5))
			assert_in_range(s->pps, 340, 455);
	}
}


/* Over whole seconds the packets and bytes of each stream are the table's. */
static void test_exact(void **state)
{
	(void)state;
	for (const struct sla_profile *p = sla_profiles; p->name; p++) {
		uint64_t n[SLA_PROFILE_STREAMS_MAX] = {0}, bytes[SLA_PROFILE_STREAMS_MAX] = {0};
		struct sla_schedule s;
		struct sla_send send;
		int64_t last = 0;

		assert_int_equal(sla_schedule_init(&s, p->name, 3 * NS), 0);
		while (sla_schedule_next(&s, &send)) {
			assert_true(send.at_ns >= last && send.at_ns < 3 * NS);
			assert_int_equal(send.seq, n[send.stream]);
			assert_int_equal(send.dscp, p->dscp);
			last = send.at_ns;
			n[send.stream]++;
			bytes[send.stream] += send.bytes;
		}
		for (unsigned i = 0; i < s.nstreams; i++) {
			const struct sla_shape *sh = s.streams[i].shape;
			unsigned head = sh->kbps ? SLA_RTP_BYTES : 32;

			assert_int_equal(n[i], 3 * sh->pps);
			assert_int_equal(sla_schedule_count(&s, i), n[i]);
			assert_int_equal(bytes[i], 3 * (sh->kbps * 125 + sh->pps * head));
		}
	}
}


/* 400 packets/s at 30 pictures/s: 14, 13, 13 packets, 0.5 ms apart. */
static void test_bursts(void **state)
{
	struct sla_schedule s;
	struct sla_send send;
	unsigned burst[30] = {0};

	(void)state;
	assert_int_equal(sla_schedule_init(&s, "room1-1080p-best", NS), 0);
	while (sla_schedule_next(&s, &send)) {
		unsigned picture;
		int64_t into;

		if (send.stream) {
			assert_int_equal(send.at_ns, send.seq * (NS / 50));
			assert_int_equal(send.bytes, 160 + 12);
			continue;
		}
		/* the start of a picture is rounded down to a whole ns */
		picture = (unsigned)((send.at_ns + 1) * 30 / NS);
		into = send.at_ns - (int64_t)picture * NS / 30;
		assert_int_equal(into, burst[picture] * 500000);
		burst[picture]++;
		assert_int_equal(send.bytes, 1250 + 12);
	}
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(burst[i], i % 3 ? 13 : 14);
}


static void test_default(void **state)
{
	struct sla_schedule s;
	struct sla_send send;
	unsigned n = 0;

	(void)state;
	assert_int_equal(sla_schedule_init(&s, "udp-jitter", 0), 0);
	while (sla_schedule_next(&s, &send)) {
		assert_int_equal(send.at_ns, n * 20000000);
		assert_int_equal(send.bytes, 32);
		assert_int_equal(send.dscp, 0);
		n++;
	}
	assert_int_equal(n, 10);
	assert_int_equal(sla_schedule_count(&s, 0), 10);
}


static void test_joined(void **state)
{
	struct sla_schedule s;
	char name[SLA_STREAM_NAME];

	(void)state;
	assert_int_equal(sla_schedule_init(&s, "room3-1080p-best+content", NS), 0);
	assert_int_equal(s.nstreams, 7);
	assert_int_equal(sla_schedule_pps(&s), 1350 + 60);
	assert_string_equal(sla_schedule_name(&s, 0, name), "left video");
	assert_string_equal(sla_schedule_name(&s, 4, name), "centre audio");
	assert_string_equal(sla_schedule_name(&s, 6, name), "content");
}


static void test_refused(void **state)
{
	struct sla_schedule s;

	(void)state;
	assert_int_equal(sla_schedule_init(&s, "room9", NS), ENOENT);
	assert_int_equal(sla_schedule_init(&s, "", NS), ENOENT);
	assert_int_equal(sla_schedule_init(&s, "audio+", NS), ENOENT);
	assert_int_equal(sla_schedule_init(&s, "audio", 0), EINVAL);
	assert_int_equal(sla_schedule_init(&s, "udp-jitter+audio", 0), EINVAL);
	assert_int_equal(sla_schedule_init(&s, "audio", INT64_MAX), EOVERFLOW);
	assert_int_equal(sla_schedule_init(&s, "room3-1080p-best", 24 * 3600 * NS), EOVERFLOW);
	assert_int_equal(sla_schedule_init(&s, "room3-720p-best+room3-720p-best+audio", NS), EOVERFLOW);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
