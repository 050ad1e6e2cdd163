#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/picture/draw.h"
#include "daemons/media/picture/scene.h"
#include "daemons/media/picture/stroke.h"

enum { PEOPLE_MAX = 4, FLASH_US = 100000, GLYPHS = 12 };

struct person {
	struct draw_target sprite;
	float x;		/* left edge at rest */
	float y;
	float phase;
};

struct scene {
	struct picture *back;
	struct person people[PEOPLE_MAX];
	unsigned npeople;
	struct draw_target table;	/* in front of the people */
	float table_y;
	struct draw_target glyph[GLYPHS];	/* 0-9 : . */
	float unit;			/* pixels per line of a 720-line picture */
	float clock_x, clock_y, clock_r;
	float lamp_x, lamp_y;
	float screen_x, screen_y, screen_a, screen_b;
	float digits_x, digits_y, digit_w;
	uint32_t hash;
	float hue;
};


static uint32_t name_hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h ^ h >> 15;
}


static float rnd(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (float)(*state >> 8) / 16777216.f;
}


static int sprite_alloc(struct draw_target *t, float w, float h, struct draw_colour fill)
{
	unsigned iw = ((unsigned)w + 1) & ~1u, ih = ((unsigned)h + 1) & ~1u;
	int err;

	iw = iw < PICTURE_MIN ? PICTURE_MIN : iw;
	ih = ih < PICTURE_MIN ? PICTURE_MIN : ih;
	err = picture_alloc(&t->pic, iw, ih);
	if (err)
		return err;
	t->alpha = calloc(iw, ih);
	if (!t->alpha)
		return ENOMEM;
	draw_gradient(t->pic, 0, ih, fill, fill);
	return 0;
}


static void sprite_free(struct draw_target *t)
{
	picture_free(t->pic);
	free(t->alpha);
}


static void box(const struct draw_target *t, float x0, float y0, float x1, float y1, float round, uint32_t rgb,
		float opacity)
{
	struct draw_shape s = { DRAW_BOX, (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2, round };

	draw_shape(t, &s, draw_rgb(rgb), opacity);
}


static void oval(const struct draw_target *t, float x, float y, float a, float b, uint32_t rgb, float opacity)
{
	struct draw_shape s = { DRAW_ELLIPSE, x, y, a, b, 0.f };

	draw_shape(t, &s, draw_rgb(rgb), opacity);
}


static void line(const struct draw_target *t, float x0, float y0, float x1, float y1, float width, uint32_t rgb)
{
	struct draw_shape s = { DRAW_LINE, x0, y0, x1, y1, width / 2 };

	draw_shape(t, &s, draw_rgb(rgb), 1.f);
}


/* A window with a skyline of its own for each town. */
static void paint_window(struct scene *s, const struct draw_target *t)
{
	float u = s->unit, x0 = 0.05f * (float)t->pic->w, x1 = 0.34f * (float)t->pic->w;
	float y0 = 62 * u, y1 = 300 * u, x = x0 + 6 * u;
	float sky = s->hash & 4 ? 205.f : 24.f;	/* noon or dusk */
	uint32_t seed = s->hash;

	box(t, x0 - 8 * u, y0 - 8 * u, x1 + 8 * u, y1 + 8 * u, 10 * u, 0xf2efe8, 1.f);
	for (float y = y0; y < y1; y += 2 * u)
		box(t, x0, y, x1, y + 2 * u + 1, 0,
		    draw_hsl(sky, 0.62f, 0.5f + 0.36f * (y - y0) / (y1 - y0)), 1.f);
	oval(t, x0 + (x1 - x0) * (0.2f + 0.6f * rnd(&seed)), y0 + 70 * u, 26 * u, 26 * u, 0xfff3cf, 0.95f);
	while (x < x1 - 20 * u) {
		float w = (22 + 38 * rnd(&seed)) * u, h = (50 + 130 * rnd(&seed)) * u;

		if (x + w > x1 - 4 * u)
			w = x1 - 4 * u - x;
		box(t, x, y1 - h, x + w, y1, 2 * u, draw_hsl(sky + 15.f, 0.25f, 0.22f + 0.16f * rnd(&seed)), 1.f);
		for (float wy = y1 - h + 10 * u; wy < y1 - 12 * u; wy += 18 * u)
			for (float wx = x + 6 * u; wx < x + w - 8 * u; wx += 12 * u)
				if (rnd(&seed) > 0.45f)
					box(t, wx, wy, wx + 5 * u, wy + 8 * u, 1, 0xffe9a8, 0.85f);
		x += w + 3 * u;
	}
	box(t, (x0 + x1) / 2 - 3 * u, y0, (x0 + x1) / 2 + 3 * u, y1, 0, 0xf2efe8, 1.f);
}


/* A wall screen with colour bars under the room's name. */
static void paint_screen(struct scene *s, const struct draw_target *t, const char *name)
{
	static const uint32_t bars[] = { 0xe6e6e6, 0xd6cf3a, 0x3cc3cf, 0x3fb950, 0xc04fc6, 0xd6413a, 0x3a56d6 };
	float u = s->unit, w = (float)t->pic->w;
	float x0 = 0.64f * w, x1 = 0.95f * w, y0 = 62 * u, y1 = 250 * u, size = 34 * u, bw;

	s->screen_x = (x0 + x1) / 2;
	s->screen_a = (x1 - x0) / 2;
	s->screen_y = y1 - 50 * u;
	s->screen_b = 32 * u;
	box(t, x0 - 9 * u, y0 - 9 * u, x1 + 9 * u, y1 + 9 * u, 12 * u, 0x1b1e24, 1.f);
	box(t, x0, y0, x1, y1, 5 * u, draw_hsl(s->hue, 0.45f, 0.16f), 1.f);
	while (stroke_width(size, name) > (x1 - x0) * 0.9f && size > 6.f)
		size *= 0.9f;
	stroke_text(t, s->screen_x - stroke_width(size, name) / 2 + size / 8, y0 + 36 * u, size, name,
		    draw_rgb(0xffffff));
	bw = (x1 - x0 - 24 * u) / 7;
	for (int i = 0; i < 7; i++)
		box(t, x0 + 12 * u + bw * (float)i, s->screen_y - s->screen_b, x0 + 12 * u + bw * (float)(i + 1),
		    s->screen_y + s->screen_b, 0, bars[i], 1.f);
}


static void paint_clock(struct scene *s, const struct draw_target *t)
{
	float u = s->unit;

	s->clock_x = 0.455f * (float)t->pic->w;
	s->clock_y = 100 * u;
	s->clock_r = 58 * u;
	oval(t, s->clock_x, s->clock_y + 4 * u, s->clock_r + 10 * u, s->clock_r + 10 * u, 0x000000, 0.25f);
	oval(t, s->clock_x, s->clock_y, s->clock_r + 8 * u, s->clock_r + 8 * u, 0x23262d, 1.f);
	oval(t, s->clock_x, s->clock_y, s->clock_r, s->clock_r, 0xfaf8f2, 1.f);
	for (int i = 0; i < 12; i++) {
		float a = (float)i * 0.5235988f, r = s->clock_r * (i % 3 ? 0.86f : 0.78f);

		line(t, s->clock_x + r * sinf(a), s->clock_y - r * cosf(a), s->clock_x + 0.93f * s->clock_r * sinf(a),
		     s->clock_y - 0.93f * s->clock_r * cosf(a), (i % 3 ? 3.f : 6.f) * u, 0x23262d);
	}
	s->lamp_x = 0.565f * (float)t->pic->w;
	s->lamp_y = s->clock_y;
	oval(t, s->lamp_x, s->lamp_y, 24 * u, 24 * u, 0x23262d, 1.f);
	oval(t, s->lamp_x, s->lamp_y, 18 * u, 18 * u, 0x5a2320, 1.f);
}


static void paint_person(struct draw_target *t, float u, uint32_t *seed, float hue)
{
	static const uint32_t skins[] = { 0xf1c9a5, 0xd9a47a, 0xa9714b, 0x7a4a30, 0xe8b48f };
	static const uint32_t hairs[] = { 0x2b1d16, 0x5a3a22, 0xb5863c, 0x8d8d92, 0x151515 };
	uint32_t skin = skins[(unsigned)(rnd(seed) * 5.f) % 5], hair = hairs[(unsigned)(rnd(seed) * 5.f) % 5];
	uint32_t cloth = draw_hsl(hue + 360.f * rnd(seed), 0.4f, 0.34f + 0.16f * rnd(seed));
	float cx = (float)t->pic->w / 2, long_hair = rnd(seed);

	if (long_hair > 0.5f)
		box(t, cx - 56 * u, 50 * u, cx + 56 * u, 176 * u, 50 * u, hair, 1.f);
	oval(t, cx, 330 * u, 128 * u, 150 * u, cloth, 1.f);
	box(t, cx - 22 * u, 130 * u, cx + 22 * u, 205 * u, 20 * u, skin, 1.f);
	oval(t, cx, 192 * u, 34 * u, 24 * u, skin, 1.f);
	oval(t, cx, 70 * u, 56 * u, 58 * u, hair, 1.f);
	oval(t, cx, 98 * u, 47 * u, 60 * u, skin, 1.f);
	oval(t, cx, 48 * u, 46 * u, 22 * u, hair, 1.f);
	oval(t, cx - 17 * u, 96 * u, 5 * u, 5 * u, 0x26211f, 1.f);
	oval(t, cx + 17 * u, 96 * u, 5 * u, 5 * u, 0x26211f, 1.f);
	line(t, cx - 13 * u, 126 * u, cx, 131 * u, 4 * u, 0x8f4a3f);
	line(t, cx, 131 * u, cx + 13 * u, 126 * u, 4 * u, 0x8f4a3f);
}


static int make_people(struct scene *s, unsigned w)
{
	uint32_t seed = s->hash * 31u + 7u;
	int err;

	s->npeople = 2 + s->hash % 3;
	for (unsigned i = 0; i < s->npeople; i++) {
		struct person *p = &s->people[i];
		float sw = 280 * s->unit, x = (float)w * ((float)i + 0.5f) / (float)s->npeople;

		err = sprite_alloc(&p->sprite, sw, 400 * s->unit, draw_rgb(0x303030));
		if (err)
			return err;
		paint_person(&p->sprite, s->unit, &seed, s->hue);
		p->x = x - sw / 2;
		p->y = s->table_y - (226 + 22 * rnd(&seed)) * s->unit;
		p->phase = 6.28f * rnd(&seed);
	}
	return 0;
}


/* The table and the bar with name and time, which cover the people. */
static int make_table(struct scene *s, const char *name, unsigned w, unsigned h)
{
	float u = s->unit, fw = (float)w, top = 40 * u, strip = (float)timecode_height(w);
	float fh = (float)h - s->table_y + top, bar = fh - strip - 74 * u;
	const struct draw_target *t = &s->table;
	int err = sprite_alloc(&s->table, fw, fh, draw_rgb(0x6b4a32));

	if (err)
		return err;
	for (int i = 0; i < 24; i++)
		oval(t, fw / 2, top + (200 + 4 * (float)i) * u, fw * 0.72f, (200 - (float)i * 2) * u,
		     draw_hsl(24.f, 0.38f, 0.46f - 0.009f * (float)i), 1.f);
	box(t, 0, top + 90 * u, fw, fh, 0, draw_hsl(24.f, 0.36f, 0.245f), 1.f);
	box(t, -20 * u, bar, fw + 20 * u, fh, 0, draw_hsl(s->hue, 0.35f, 0.13f), 1.f);
	box(t, -20 * u, bar, fw + 20 * u, bar + 5 * u, 0, draw_hsl(s->hue, 0.75f, 0.55f), 1.f);
	stroke_text(t, 30 * u, bar + 24 * u, 32 * u, name, draw_rgb(0xffffff));
	s->digits_y = s->table_y - top + bar + 24 * u;
	return 0;
}


static int make_glyphs(struct scene *s, unsigned w)
{
	static const char *const chars[GLYPHS] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ":", "." };
	float size = 32 * s->unit;
	int err;

	s->digit_w = size * 0.95f;
	s->digits_x = (float)w - 30 * s->unit - 12 * s->digit_w;
	for (unsigned i = 0; i < GLYPHS; i++) {
		err = sprite_alloc(&s->glyph[i], size + 8, size + 8, draw_rgb(0xffffff));
		if (err)
			return err;
		stroke_text(&s->glyph[i], 4, 4, size, chars[i], draw_rgb(0xffffff));
	}
	return 0;
}


int scene_alloc(struct scene **sp, const char *name, unsigned w, unsigned h)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct draw_target back = {0};
	int err;

	if (!s)
		return ENOMEM;
	s->hash = name_hash(name);
	s->hue = (float)(s->hash % 360);
	s->unit = (float)h / 720.f;
	s->table_y = 470 * s->unit;
	err = picture_alloc(&s->back, w, h);
	if (err)
		goto out;

	back.pic = s->back;
	draw_gradient(s->back, 0, h, draw_rgb(draw_hsl(s->hue, 0.30f, 0.42f)), draw_rgb(draw_hsl(s->hue, 0.28f, 0.74f)));
	paint_window(s, &back);
	paint_screen(s, &back, name);
	paint_clock(s, &back);
	err = make_table(s, name, w, h);
	if (!err)
		err = make_people(s, w);
	if (!err)
		err = make_glyphs(s, w);
 out:
	if (err)
		scene_free(s);
	else
		*sp = s;
	return err;
}


void scene_free(struct scene *s)
{
	if (!s)
		return;
	picture_free(s->back);
	sprite_free(&s->table);
	for (unsigned i = 0; i < PEOPLE_MAX; i++)
		sprite_free(&s->people[i].sprite);
	for (unsigned i = 0; i < GLYPHS; i++)
		sprite_free(&s->glyph[i]);
	free(s);
}


static void draw_hand(const struct scene *s, const struct draw_target *t, double turn, float len, float width,
		      uint32_t rgb)
{
	float a = (float)((turn - floor(turn)) * 6.283185307);

	line(t, s->clock_x, s->clock_y, s->clock_x + len * s->clock_r * sinf(a),
	     s->clock_y - len * s->clock_r * cosf(a), width * s->unit, rgb);
}


static void draw_moving(struct scene *s, const struct draw_target *t, uint64_t us)
{
	double sec = (double)(us % 86400000000ull) / 1e6;
	float u = s->unit, sweep = (float)(sec / 4 - floor(sec / 4));
	float x = s->screen_x - s->screen_a + 12 * u + (2 * s->screen_a - 24 * u) * sweep;

	draw_hand(s, t, sec / 43200, 0.5f, 7, 0x23262d);
	draw_hand(s, t, sec / 3600, 0.74f, 5, 0x23262d);
	draw_hand(s, t, sec / 60, 0.84f, 3, 0xd6413a);
	line(t, x, s->screen_y - s->screen_b - 6 * u, x, s->screen_y + s->screen_b + 6 * u, 5 * u, 0xffffff);
	if (us % 1000000 < FLASH_US) {
		oval(t, s->lamp_x, s->lamp_y, 34 * u, 34 * u, 0xffe9a8, 0.5f);
		oval(t, s->lamp_x, s->lamp_y, 20 * u, 20 * u, 0xfffbe8, 1.f);
	}
}


static void draw_people(struct scene *s, struct picture *p, uint64_t us)
{
	double sec = (double)(us % 86400000000ull) / 1e6;

	for (unsigned i = 0; i < s->npeople; i++) {
		const struct person *m = &s->people[i];
		float dx = 14.f * s->unit * sinf((float)fmod(sec * 0.9 + (double)m->phase, 6.283185307));
		float dy = 6.f * s->unit * sinf((float)fmod(sec * 1.7 + 2.0 * (double)m->phase, 6.283185307));

		draw_sprite(p, &m->sprite, (int)(m->x + dx), (int)(m->y + dy));
	}
}


static void draw_digits(struct scene *s, struct picture *p, uint64_t us)
{
	unsigned ms = (unsigned)(us / 1000 % 86400000);
	char text[16];

	(void)snprintf(text, sizeof(text), "%02u:%02u:%02u.%03u", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
		       ms % 1000);
	for (unsigned i = 0; text[i]; i++) {
		unsigned g = text[i] == ':' ? 10 : text[i] == '.' ? 11 : (unsigned)(text[i] - '0');

		draw_sprite(p, &s->glyph[g], (int)(s->digits_x + s->digit_w * (float)i), (int)s->digits_y - 4);
	}
}


void scene_render(struct scene *s, struct picture *p, enum timecode_kind kind, uint64_t us)
{
	struct draw_target t = { .pic = p };
	struct timecode tc = { .kind = kind, .us = us, .tag = (uint8_t)s->hash };

	picture_copy(p, s->back);
	draw_moving(s, &t, us);
	draw_people(s, p, us);
	draw_sprite(p, &s->table, 0, (int)(s->table_y - 40 * s->unit));
	draw_digits(s, p, us);
	timecode_burn(p, &tc);
	p->capture_us = us;
}


void scene_noise(struct picture *p, uint32_t seed, unsigned amplitude)
{
	enum { TILE = 4096 };
	int8_t tile[2 * TILE];
	unsigned lines = p->h - timecode_height(p->w);

	for (unsigned i = 0; i < TILE; i++)
		tile[i] = tile[i + TILE] = (int8_t)(rnd(&seed) * (float)(2 * amplitude + 1)) - (int8_t)amplitude;
	for (unsigned y = 0; y < lines; y++) {
		uint8_t *line = p->p[0] + (size_t)y * p->stride[0];
		const int8_t *n = tile + (uint32_t)(rnd(&seed) * TILE);

		/* luma is 16..235 and the noise small: no need to clamp */
		for (unsigned x = 0; x < p->w; x++)
			line[x] = (uint8_t)(line[x] + n[x]);
	}
}


void scene_slate(struct picture *p, const char *heading, const char *text)
{
	struct draw_target t = { .pic = p };
	float size = (float)p->h / 14.f, w = (float)p->w;

	draw_gradient(p, 0, p->h, draw_rgb(0x1b2330), draw_rgb(0x3a4658));
	while (stroke_width(size, heading) > 0.9f * w && size > 6.f)
		size *= 0.9f;
	stroke_text(&t, (w - stroke_width(size, heading)) / 2, (float)p->h * 0.4f, size, heading, draw_rgb(0xffffff));
	size *= 0.5f;
	while (stroke_width(size, text) > 0.9f * w && size > 6.f)
		size *= 0.9f;
	stroke_text(&t, (w - stroke_width(size, text)) / 2, (float)p->h * 0.55f, size, text, draw_rgb(0xb9c4d6));
}
