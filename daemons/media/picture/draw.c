#include <math.h>
#include <string.h>

#include "daemons/media/picture/draw.h"

struct box {
	int x0;
	int y0;
	int x1;
	int y1;
};


static uint8_t clamp8(float v)
{
	return (uint8_t)(v < 0.f ? 0 : v > 255.f ? 255 : v + 0.5f);
}


struct draw_colour draw_rgb(uint32_t rgb)
{
	float r = (float)(rgb >> 16 & 255) / 255.f, g = (float)(rgb >> 8 & 255) / 255.f;
	float b = (float)(rgb & 255) / 255.f;
	float y = 0.2126f * r + 0.7152f * g + 0.0722f * b;

	return (struct draw_colour){
		.y = clamp8(16.f + 219.f * y),
		.u = clamp8(128.f + 224.f * (b - y) / 1.8556f),
		.v = clamp8(128.f + 224.f * (r - y) / 1.5748f),
	};
}


static uint32_t channel(float hue, float chroma, float m)
{
	float h = fmodf(hue + 720.f, 360.f) / 60.f;
	float v = h < 1.f ? h : h < 3.f ? 1.f : h < 4.f ? 4.f - h : 0.f;

	return clamp8((m + v * chroma) * 255.f);
}


uint32_t draw_hsl(float hue, float sat, float light)
{
	float chroma = (1.f - fabsf(2.f * light - 1.f)) * sat;
	float m = light - chroma / 2.f;

	return channel(hue + 120.f, chroma, m) << 16 | channel(hue, chroma, m) << 8 | channel(hue - 120.f, chroma, m);
}


static float dist_box(const struct draw_shape *s, float px, float py)
{
	float dx = fabsf(px - s->x) - s->a + s->round, dy = fabsf(py - s->y) - s->b + s->round;
	float ox = dx > 0.f ? dx : 0.f, oy = dy > 0.f ? dy : 0.f;
	float in = dx > dy ? dx : dy;

	return sqrtf(ox * ox + oy * oy) + (in < 0.f ? in : 0.f) - s->round;
}


/* First-order distance: exact on the edge, which is all that shows. */
static float dist_ellipse(const struct draw_shape *s, float px, float py)
{
	float nx = (px - s->x) / s->a, ny = (py - s->y) / s->b;
	float k = sqrtf(nx * nx + ny * ny);
	float gx = nx / s->a, gy = ny / s->b, g = sqrtf(gx * gx + gy * gy);

	return g > 1e-6f ? k * (k - 1.f) / g : -s->b;
}


static float dist_line(const struct draw_shape *s, float px, float py)
{
	float vx = s->a - s->x, vy = s->b - s->y, wx = px - s->x, wy = py - s->y;
	float len2 = vx * vx + vy * vy;
	float t = len2 > 0.f ? (wx * vx + wy * vy) / len2 : 0.f;

	t = t < 0.f ? 0.f : t > 1.f ? 1.f : t;
	wx -= t * vx;
	wy -= t * vy;
	return sqrtf(wx * wx + wy * wy) - s->round;
}


static float dist(const struct draw_shape *s, float px, float py)
{
	switch (s->kind) {

	case DRAW_BOX:
		return dist_box(s, px, py);

	case DRAW_ELLIPSE:
		return dist_ellipse(s, px, py);

	case DRAW_LINE:
	default:
		return dist_line(s, px, py);
	}
}


static int bound(float v, unsigned max)
{
	return v < 0.f ? 0 : v > (float)max ? (int)max : (int)v;
}


/* The shape's pixels, even so that chroma covers the same. */
static struct box bounds(const struct draw_shape *s, const struct picture *p)
{
	float x0 = s->x - s->a, x1 = s->x + s->a, y0 = s->y - s->b, y1 = s->y + s->b;

	if (s->kind == DRAW_LINE) {
		x0 = fminf(s->x, s->a) - s->round;
		x1 = fmaxf(s->x, s->a) + s->round;
		y0 = fminf(s->y, s->b) - s->round;
		y1 = fmaxf(s->y, s->b) + s->round;
	}
	return (struct box){ bound(x0 - 2.f, p->w) & ~1, bound(y0 - 2.f, p->h) & ~1,
			     bound(x1 + 3.f, p->w) & ~1, bound(y1 + 3.f, p->h) & ~1 };
}


static uint8_t blend(uint8_t old, uint8_t c, unsigned a)
{
	return (uint8_t)((old * (256 - a) + c * a) >> 8);
}


/* Coverage 0..256 of the pixel whose centre is x, y; soft over `width`. */
static unsigned coverage(const struct draw_shape *s, float x, float y, float width, float opacity)
{
	float a = 0.5f - dist(s, x, y) / width;

	return (unsigned)((a < 0.f ? 0.f : a > 1.f ? 1.f : a) * opacity * 256.f);
}


static void shape_luma(const struct draw_target *t, const struct draw_shape *s, const struct box *b, uint8_t c,
		       float opacity)
{
	for (int y = b->y0; y < b->y1; y++) {
		uint8_t *line = t->pic->p[0] + (size_t)y * t->pic->stride[0];

		for (int x = b->x0; x < b->x1; x++) {
			unsigned a = coverage(s, (float)x + 0.5f, (float)y + 0.5f, 1.f, opacity);

			line[x] = blend(line[x], c, a);
			if (t->alpha) {
				uint8_t *m = &t->alpha[(size_t)y * t->pic->w + (size_t)x];

				*m = blend(*m, 255, a);
			}
		}
	}
}


void draw_shape(const struct draw_target *t, const struct draw_shape *s, struct draw_colour c, float opacity)
{
	struct box b = bounds(s, t->pic);

	shape_luma(t, s, &b, c.y, opacity);
	for (int y = b.y0 / 2; y < b.y1 / 2; y++) {
		uint8_t *u = t->pic->p[1] + (size_t)y * t->pic->stride[1];
		uint8_t *v = t->pic->p[2] + (size_t)y * t->pic->stride[2];

		for (int x = b.x0 / 2; x < b.x1 / 2; x++) {
			unsigned a = coverage(s, 2.f * (float)x + 1.f, 2.f * (float)y + 1.f, 2.f, opacity);

			u[x] = blend(u[x], c.u, a);
			v[x] = blend(v[x], c.v, a);
		}
	}
}


static uint8_t mix(uint8_t a, uint8_t b, float k, unsigned x, unsigned y)
{
	/* ordered noise of less than a step, so that a gradient shows no bands */
	float noise = (float)((x * 7 + y * 13 + (x ^ y) * 5) & 7) / 8.f - 0.5f;

	return clamp8((float)a + ((float)b - (float)a) * k + noise * 0.9f);
}


void draw_gradient(struct picture *p, unsigned y0, unsigned y1, struct draw_colour from, struct draw_colour to)
{
	for (unsigned y = y0; y < y1 && y < p->h; y++) {
		float k = (float)(y - y0) / (float)(y1 - y0);
		uint8_t *line = p->p[0] + (size_t)y * p->stride[0];

		for (unsigned x = 0; x < p->w; x++)
			line[x] = mix(from.y, to.y, k, x, y);
		if (y & 1)
			continue;
		memset(p->p[1] + (size_t)(y / 2) * p->stride[1], mix(from.u, to.u, k, 3, 0), p->w / 2);
		memset(p->p[2] + (size_t)(y / 2) * p->stride[2], mix(from.v, to.v, k, 3, 0), p->w / 2);
	}
}


static void sprite_plane(struct picture *dst, const struct draw_target *sp, int plane, int x0, int y0)
{
	int sub = plane ? 2 : 1;
	int w = (int)sp->pic->w / sub, h = (int)sp->pic->h / sub;
	int dw = (int)dst->w / sub, dh = (int)dst->h / sub;
	int from = x0 < 0 ? -x0 : 0, to = x0 + w > dw ? dw - x0 : w;

	for (int y = 0; y < h; y++) {
		const uint8_t *src = sp->pic->p[plane] + (size_t)y * sp->pic->stride[plane];
		const uint8_t *al = sp->alpha + (size_t)(y * sub) * sp->pic->w;
		uint8_t *out;

		if (y0 + y < 0 || y0 + y >= dh)
			continue;
		out = dst->p[plane] + (ptrdiff_t)(y0 + y) * dst->stride[plane] + x0;
		for (int x = from; x < to; x++) {
			unsigned a = al[x * sub];

			out[x] = blend(out[x], src[x], a + (a >> 7));
		}
	}
}


void draw_sprite(struct picture *dst, const struct draw_target *sprite, int x, int y)
{
	x &= ~1;
	y &= ~1;
	for (int i = 0; i < 3; i++)
		sprite_plane(dst, sprite, i, i ? x / 2 : x, i ? y / 2 : y);
}
