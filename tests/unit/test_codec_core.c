#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemons/codec/core.h"
#include "daemons/codec/media.h"

struct said { enum call_event ev; unsigned todo; enum call_state after; };


static void play(const struct said *v, size_t n)
{
	enum call_state st = CALL_IDLE;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(core_call_event(&st, v[i].ev), v[i].todo);
		assert_int_equal(st, v[i].after);
	}
}


#define PLAY(...) play((const struct said[]){__VA_ARGS__}, \
		       sizeof((const struct said[]){__VA_ARGS__}) / sizeof(struct said))

static void calls_take_their_course(void **state)
{
	PLAY({EV_DIAL, DO_INVITE, CALL_DIALING}, {EV_PROGRESS, 0, CALL_RINGING},
	     {EV_ACCEPTED, DO_ACK | DO_MEDIA, CALL_ESTABLISHED}, {EV_BYE, DO_OK | DO_STOP, CALL_ENDED},
	     {EV_BYE, DO_OK, CALL_ENDED});
	PLAY({EV_INVITE, DO_RING, CALL_INCOMING}, {EV_ANSWER, DO_ACCEPT | DO_MEDIA, CALL_ESTABLISHED},
	     {EV_HANGUP, DO_BYE | DO_STOP, CALL_ENDED}, {EV_HANGUP, DO_ILLEGAL, CALL_ENDED});
	/* CANCEL crosses the 200: the call that nobody wants is taken and ended */
	PLAY({EV_DIAL, DO_INVITE, CALL_DIALING}, {EV_HANGUP, DO_CANCEL | DO_STOP, CALL_ENDED},
	     {EV_ACCEPTED, DO_ACK | DO_BYE, CALL_ENDED});
	PLAY({EV_INVITE, DO_RING, CALL_INCOMING}, {EV_CANCEL, DO_REFUSE | DO_STOP, CALL_ENDED},
	     {EV_ANSWER, DO_ILLEGAL, CALL_ENDED});
	PLAY({EV_DIAL, DO_INVITE, CALL_DIALING}, {EV_DIAL, DO_ILLEGAL, CALL_DIALING},
	     {EV_REFUSED, DO_STOP, CALL_ENDED}, {EV_REFUSED, 0, CALL_ENDED});
}


/* Whatever is said in whatever order: an ended call stays ended, media that
 * was started is stopped once. */
static void no_order_of_events_breaks_a_call(void **state)
{
	uint32_t r = 1;

	for (int run = 0; run < 20000; run++) {
		enum call_state st = CALL_IDLE;
		int media = 0;

		for (int i = 0; i < 12; i++) {
			unsigned todo;
			bool over = st == CALL_ENDED;

			r = r * 1103515245 + 12345;
			todo = core_call_event(&st, (enum call_event)(r >> 16) % CALL_EVENTS);
			if (todo & DO_ILLEGAL)
				continue;
			media += (todo & DO_MEDIA) != 0;
			if (todo & DO_STOP)
				media = 0;
			assert_true(!over || st == CALL_ENDED);
			assert_in_range(media, 0, 1);
		}
		assert_true(st != CALL_ENDED || !media);
	}
}


static void backoff_doubles_to_a_minute(void **state)
{
	static const uint32_t base[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

	for (unsigned n = 1; n <= 8; n++) {
		assert_int_equal(core_backoff_ms(n, 0), base[n - 1] * 3 / 4);
		for (uint32_t r = 1; r < 1000; r++)
			assert_in_range(core_backoff_ms(n, r * 7919u), base[n - 1] * 3 / 4,
					base[n - 1] * 5 / 4);
	}
	assert_int_equal(core_refresh_s(600), 568);
	assert_int_equal(core_refresh_s(60), 30);
	assert_int_equal(core_refresh_s(0), 1);
}


static void session_timers_follow_rfc_4028(void **state)
{
	struct core_timer_hdrs h = { .expires = 50, .supported = true };
	struct core_timer t;
	bool uac;

	assert_int_equal(core_timer_answer(&t, &uac, &h), 422);
	h.supported = false;	/* cannot understand a 422 */
	assert_int_equal(core_timer_answer(&t, &uac, &h), 0);
	assert_true(t.we_refresh && t.interval >= SE_MIN);

	h = (struct core_timer_hdrs){ .expires = 1800, .supported = true };
	assert_int_equal(core_timer_answer(&t, &uac, &h), 0);
	assert_true(uac && !t.we_refresh);
	assert_int_equal(core_timer_ms(&t), (1800 - 32) * 1000);

	h.refresher = 2;
	assert_int_equal(core_timer_answer(&t, &uac, &h), 0);
	assert_true(!uac && t.we_refresh);
	assert_int_equal(core_timer_ms(&t), 900 * 1000);

	h = (struct core_timer_hdrs){ .expires = 90, .refresher = 2 };
	core_timer_accept(&t, &h);
	assert_false(t.we_refresh);
	assert_int_equal(core_timer_ms(&t), 60 * 1000);
	h.expires = 0;
	core_timer_accept(&t, &h);
	assert_int_equal(t.interval, 0);
}


static void caps_follow_the_wish(void **state)
{
	struct neg_caps caps = {0};
	json_t *o = json_loads("{\"video\":[{\"codec\":\"H264\",\"fmtp\":\"packetization-mode=1\"}],"
		"\"audio\":[{\"codec\":\"opus\",\"clock_rate\":48000,\"channels\":2},"
		"{\"codec\":\"G722\",\"clock_rate\":8000},{\"codec\":\"PCMU\"},"
		"{\"codec\":\"evil\\r\\nm=\"},{\"codec\":7}]}", 0, NULL);

	assert_int_equal(media_caps(&caps, o, "G722,opus,evil\r\nm="), 0);
	assert_int_equal(caps.n, 3);
	assert_string_equal(caps.v[0].name, "G722");
	assert_int_equal(caps.v[0].pt, 9);
	assert_string_equal(caps.v[1].name, "opus");
	assert_int_equal(caps.v[1].pt, 96);
	assert_int_equal(caps.v[2].pt, 97);
	assert_int_equal(caps.v[2].rate, 90000);
	json_decref(o);
	o = json_object();
	assert_int_not_equal(media_caps(&caps, o, "opus"), 0);
	json_decref(o);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_take_their_course),
		cmocka_unit_test(no_order_of_events_breaks_a_call),
		cmocka_unit_test(backoff_doubles_to_a_minute),
		cmocka_unit_test(session_timers_follow_rfc_4028),
		cmocka_unit_test(caps_follow_the_wish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
