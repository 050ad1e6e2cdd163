/* Encoders against decoders, the time code through a strong compressor, clips whole and torn. */
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

#include "daemons/media/coding/clip.h"
#include "daemons/media/coding/decoder.h"
#include "daemons/media/coding/encoder.h"
#include "daemons/media/picture/scene.h"
#include "daemons/media/picture/tone.h"

enum { W = 640, H = 360, FPS = 30 };

struct seen {
	unsigned n;
	unsigned read;
	uint64_t want;
};


static void seen_h(const struct picture *p, bool key, void *arg)
{
	struct seen *s = arg;
	struct timecode tc;

	s->n++;
	if (!timecode_read(&tc, p) && tc.us == p->capture_us)
		s->read++;
}


/* 150 kbit/s for 640x360 is where pictures turn to mud. */
static void test_timecode_low_bitrate(void **state)
{
	struct h264enc_config cfg = { .w = W, .h = H, .fps = FPS, .bitrate = 150000, .threads = 1 };
	struct seen seen = {0};
	struct h264enc *enc;
	struct h264dec *dec;
	struct picture *p;
	struct scene *s;

	assert_int_equal(h264enc_alloc(&enc, &cfg), 0);
	assert_int_equal(h264dec_alloc(&dec), 0);
	assert_int_equal(picture_alloc(&p, W, H), 0);
	assert_int_equal(scene_alloc(&s, "low", W, H), 0);
	for (unsigned i = 0; i < 60; i++) {
		const uint8_t *data;
		size_t len;
		bool key;

		scene_render(s, p, TIMECODE_LIVE, 1795352400000000ull + i * 33333ull);
		assert_int_equal(h264enc_encode(enc, p, i == 30, &data, &len, &key), 0);
		assert_int_equal(key, i == 0 || i == 30);
		assert_int_equal(h264dec_decode(dec, data, len, p->capture_us, seen_h, &seen), 0);
	}
	/* low delay: each picture is out before the next goes in */
	assert_int_equal(seen.n, 60);
	assert_int_equal(seen.read, 60);
	scene_free(s);
	picture_free(p);
	h264dec_free(dec);
	h264enc_free(enc);
}


static void test_small_units(void **state)
{
	struct h264enc_config cfg = { .w = W, .h = H, .fps = FPS, .bitrate = 1000000, .threads = 1, .max_nal = 1000 };
	struct h264enc *enc;
	struct picture *p;
	struct scene *s;
	const uint8_t *data;
	size_t len, start = 0;
	bool key;

	assert_int_equal(h264enc_alloc(&enc, &cfg), 0);
	assert_int_equal(picture_alloc(&p, W, H), 0);
	assert_int_equal(scene_alloc(&s, "units", W, H), 0);
	scene_render(s, p, TIMECODE_LIVE, 1);
	assert_int_equal(h264enc_encode(enc, p, true, &data, &len, &key), 0);
	assert_true(len > 3000);
	for (size_t i = 1; i + 4 <= len; i++) {
		if (memcmp(data + i, "\0\0\0\1", 4) && i + 4 < len)
			continue;
		assert_in_range(i - start, 1, 1050);
		start = i;
	}
	scene_free(s);
	picture_free(p);
	h264enc_free(enc);
}


static void ignore_h(const struct picture *p, bool key, void *arg)
{
}


static void test_garbage(void **state)
{
	uint8_t junk[512];
	struct h264dec *dec;
	uint32_t seed = 1;

	assert_int_equal(h264dec_alloc(&dec), 0);
	assert_int_equal(h264dec_decode(dec, junk, 0, 0, ignore_h, NULL), EBADMSG);
	for (unsigned round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(junk); i++)
			junk[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
		memcpy(junk, "\0\0\0\1\x65", 5);
		assert_int_not_equal(h264dec_decode(dec, junk, sizeof(junk), 0, ignore_h, NULL), 0);
	}
	h264dec_free(dec);
}


/* A beep at 1.000 s is found where it belongs, whatever the codec. */
static void audio_round_trip(const char *codec)
{
	struct tone_detector td = {0};
	int16_t pcm[DECODER_PCM_MAX];
	struct audioenc *enc;
	struct audiodec *dec;
	double found = 0;

	assert_int_equal(audioenc_alloc(&enc, codec, 64000), 0);
	assert_int_equal(audiodec_alloc(&dec, codec), 0);
	for (unsigned i = 0; i < 60; i++) {
		int16_t in[AUDIO_FRAME];
		uint8_t out[AUDIO_PACKET_MAX];
		size_t len, n = 0, at;

		tone_fill(in, AUDIO_FRAME, AUDIO_RATE, 500000 + i * 20000ull);
		assert_int_equal(audioenc_encode(enc, in, out, sizeof(out), &len), 0);
		assert_int_equal(audiodec_decode(dec, out, len, pcm, &n), 0);
		assert_int_equal(n, audiodec_rate(dec) / 50);
		if (tone_detect(&td, pcm, n, audiodec_rate(dec), &at))
			found = 0.5 + i * 0.02 + (double)at / audiodec_rate(dec) - audioenc_delay_us(enc) / 1e6;
	}
	assert_true(found > 0.996 && found < 1.006);

	/* a lost packet gives as much sound as any other */
	for (unsigned i = 0; i < 3; i++) {
		size_t n = 0;

		assert_int_equal(audiodec_decode(dec, NULL, 0, pcm, &n), 0);
		assert_int_equal(n, audiodec_rate(dec) / 50);
	}
	audiodec_free(dec);
	audioenc_free(enc);
}


static void test_audio(void **state)
{
	audio_round_trip("opus");
	audio_round_trip("G722");
	audio_round_trip("PCMU");
	audio_round_trip("pcma");
}


static void test_audio_bad(void **state)
{
	int16_t pcm[DECODER_PCM_MAX];
	uint8_t big[9000] = {0xff};
	struct audioenc *e;
	struct audiodec *d;
	size_t n;

	assert_int_equal(audioenc_alloc(&e, "speex", 0), ENOTSUP);
	assert_int_equal(audiodec_alloc(&d, "opus"), 0);
	assert_int_equal(audiodec_decode(d, (const uint8_t *)"\xff", 1, pcm, &n), EBADMSG);
	audiodec_free(d);
	/* more than there is room for is cut or refused, never written past */
	assert_int_equal(audiodec_alloc(&d, "PCMU"), 0);
	assert_int_equal(audiodec_decode(d, big, sizeof(big), pcm, &n), 0);
	assert_int_equal(n, DECODER_PCM_MAX);
	audiodec_free(d);
	assert_int_equal(audiodec_alloc(&d, "G722"), 0);
	assert_int_equal(audiodec_decode(d, big, sizeof(big), pcm, &n), EBADMSG);
	audiodec_free(d);
}


static char *clip_path(void)
{
	static char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/clip/tiny.mp4", getenv("VISAVIS_SOURCE"));
	return path;
}


static size_t load(uint8_t *buf, size_t max)
{
	FILE *f = fopen(clip_path(), "rb");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, max, f);
	assert_int_equal(fclose(f), 0);
	return n;
}


static void test_clip(void **state)
{
	struct seen seen = {0};
	struct h264dec *dec;
	char why[512] = "";
	struct clip *c;

	assert_int_equal(clip_open(&c, clip_path(), why, sizeof(why)), 0);
	assert_int_equal(c->sps.width, 128);
	assert_int_equal(c->sps.height, 96);
	assert_int_equal(c->fps, 10);
	assert_int_equal(c->video.n, 10);
	assert_int_equal(c->duration_us, 1000000);
	assert_true(c->audio_opus && c->audio.n >= 49 && c->npcm >= 47000);
	assert_true(c->video.v[0].key && !c->truncated && !clip_changed(c));
	assert_int_equal(clip_next_key(c, 1), c->video.n);
	assert_int_equal(h264dec_alloc(&dec), 0);
	for (size_t i = 0; i < c->video.n; i++)
		assert_int_equal(h264dec_decode(dec, c->data + c->video.v[i].off, c->video.v[i].len,
						(uint64_t)c->video.v[i].pts_us, seen_h, &seen), 0);
	assert_int_equal(seen.n, 10);
	assert_int_equal(seen.read, 10);
	h264dec_free(dec);
	clip_free(c);
}


/* Torn at any place: fewer pictures or a clear refusal. */
static void test_clip_torn(void **state)
{
	static uint8_t buf[1 << 16];
	size_t n = load(buf, sizeof(buf)), opened = 0;
	char path[] = "/tmp/visavis-clip-XXXXXX", why[512];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	for (size_t len = 0; len < n; len += n / 40) {
		struct clip *c;
		int err;

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, buf, len, 0), (ssize_t)len);
		why[0] = '\0';
		err = clip_open(&c, path, why, sizeof(why));
		if (err) {
			assert_true(strlen(why) > 10);
			continue;
		}
		assert_true(c->video.n >= 1 && c->video.v[0].key);
		assert_true(c->truncated || c->audio.n < 51);
		opened++;
		clip_free(c);
	}
	assert_true(opened > 5);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}


static void test_clip_none(void **state)
{
	char why[512];
	struct clip *c;

	assert_int_equal(clip_open(&c, "/nonexistent/x.mp4", why, sizeof(why)), ENOENT);
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(clip_open(&c, "/", why, sizeof(why)), EBADMSG);
	assert_int_equal(clip_open(&c, "/dev/null", why, sizeof(why)), EBADMSG);
	assert_int_equal(clip_open(&c, "/etc/passwd", why, sizeof(why)), EBADMSG);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timecode_low_bitrate), cmocka_unit_test(test_small_units),
		cmocka_unit_test(test_garbage), cmocka_unit_test(test_audio), cmocka_unit_test(test_audio_bad),
		cmocka_unit_test(test_clip), cmocka_unit_test(test_clip_torn), cmocka_unit_test(test_clip_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
