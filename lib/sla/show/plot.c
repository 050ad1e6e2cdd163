/* Delay over time and its distribution for a terminal. A column of the first
 * reaches from the least to the greatest delay of its slice of time. */
#include <inttypes.h>
#include <string.h>

#include "lib/sla/show/show_int.h"

enum { AXIS = 9, COLUMNS = SHOW_WIDTH - AXIS - 1, ROWS = 10, BARS = 10, BAR = 46 };

/* A grid of dots, each character 2 wide and 4 high in Braille, 1 by 1 else. */
struct canvas {
	bool ascii;
	unsigned w, h;
	uint8_t dots[ROWS * 4][COLUMNS * 2];
};


/* Braille dots of one character, from U+2800; column by column. */
static void put_braille(struct sbuf *sb, const struct canvas *c, unsigned row, unsigned col)
{
	static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	unsigned v = 0;

	for (unsigned y = 0; y < 4; y++)
		for (unsigned x = 0; x < 2; x++)
			v |= c->dots[row * 4 + y][col * 2 + x] ? bits[y][x] : 0;
	if (!v) {
		sbuf_putc(sb, ' ');
		return;
	}
	sbuf_putc(sb, (char)0xe2);
	sbuf_putc(sb, (char)(0xa0 | v >> 6));
	sbuf_putc(sb, (char)(0x80 | (v & 0x3f)));
}


/* Far ends may tell of centuries: no product of these fits 64 bits. */
static int64_t height(const struct canvas *c, int64_t v, int64_t top)
{
	return v < 0 ? 0 : (int64_t)((double)v * c->h / ((double)top + 1));
}


static void draw(struct canvas *c, const struct show_slot *slots, int64_t top)
{
	for (unsigned x = 0; x < c->w; x++) {
		int64_t lo, hi;

		if (!slots[x].n)
			continue;
		lo = height(c, slots[x].min, top);
		hi = height(c, slots[x].max, top);
		for (int64_t y = lo; y <= hi && y < c->h; y++)
			c->dots[c->h - 1 - (unsigned)y][x] = 1;
	}
}


static void put_canvas(struct sbuf *sb, const struct canvas *c, int64_t top)
{
	for (unsigned row = 0; row < ROWS; row++) {
		size_t end;

		if (row % (ROWS / 2) == 0)
			show_ms(sb, top / ROWS * (ROWS - row), AXIS - 2);
		else
			sbuf_printf(sb, "%*s", AXIS - 2, "");
		sbuf_puts(sb, c->ascii ? " |" : " \xe2\x94\x82");
		end = sb->len;
		for (unsigned col = 0; col < COLUMNS; col++) {
			if (c->ascii)
				sbuf_putc(sb, c->dots[row][col] ? '#' : ' ');
			else
				put_braille(sb, c, row, col);
		}
		while (!sb->err && sb->len > end && sb->p[sb->len - 1] == ' ')
			sb->p[--sb->len] = '\0';
		sbuf_putc(sb, '\n');
	}
}


/* One sign a column: how much of what was sent there was lost. */
static void put_lost(struct sbuf *sb, const struct show_slot *slots, unsigned n, bool ascii)
{
	bool any = false;

	for (unsigned i = 0; i < n; i++)
		any |= slots[i].lost > 0;
	sbuf_printf(sb, "%*s", AXIS - 2, any ? "lost" : "");
	sbuf_puts(sb, ascii ? " +" : " \xe2\x94\x94");
	for (unsigned i = 0; i < n; i++) {
		uint64_t lost = slots[i].lost, all = lost + slots[i].n;

		if (!lost)
			sbuf_puts(sb, ascii ? "-" : "\xe2\x94\x80");
		else if (lost * 10 < all)
			sbuf_putc(sb, 'x');
		else
			sbuf_puts(sb, ascii ? "X" : "\xe2\x96\x88");
	}
	sbuf_putc(sb, '\n');
}


static void put_axis(struct sbuf *sb, int64_t duration)
{
	char end[24];
	struct sbuf t = {0};

	sbuf_printf(&t, "%.3g s", (double)duration / 1e9);
	(void)strncpy(end, sbuf_str(&t), sizeof(end) - 1);
	end[sizeof(end) - 1] = '\0';
	sbuf_reset(&t);
	sbuf_printf(sb, "%*s0 s%*s\n", AXIS, "", COLUMNS - 3, end);
}


static void put_bar(struct sbuf *sb, uint64_t n, uint64_t most, bool ascii)
{
	/* eighths of a block */
	static const char *const part[] = {"", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d", "\xe2\x96\x8c",
					   "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89"};
	uint64_t eighths = most ? (uint64_t)((sla_uint128)n * BAR * 8 / most) : 0;

	if (n && !eighths)
		eighths = 1;
	for (uint64_t i = 0; i < eighths / 8; i++)
		sbuf_puts(sb, ascii ? "#" : "\xe2\x96\x88");
	if (ascii)
		sbuf_puts(sb, eighths && eighths < 8 ? "." : "");
	else
		sbuf_puts(sb, part[eighths % 8]);
}


static void put_spread(struct sbuf *sb, const struct sla_show *sh, const struct sla_series *s,
		       enum show_value what, bool ascii)
{
	uint64_t bars[BARS + 1], most = 0;
	int64_t step = show_step(s->p99 - s->s.min, BARS - 2), lo = s->s.min / step * step;

	if (s->s.min < 0)
		lo -= step;
	show_spread(bars, BARS + 1, sh, what, lo, lo + step * (BARS + 1));
	for (unsigned i = 0; i <= BARS; i++)
		most = bars[i] > most ? bars[i] : most;
	sbuf_printf(sb, "\n%20s  packets\n", "ms");
	for (unsigned i = 0; i <= BARS; i++) {
		if (!bars[i])
			continue;
		show_ms(sb, lo + i * step, 9);
		if (i == BARS) {
			sbuf_puts(sb, " or more  ");
		}
		else {
			sbuf_puts(sb, " ");
			show_ms(sb, lo + (i + 1) * step, 9);
		}
		sbuf_printf(sb, " %9" PRIu64 " ", bars[i]);
		put_bar(sb, bars[i], most, ascii);
		sbuf_putc(sb, '\n');
	}
}


static void plot(struct sbuf *sb, const struct sla_show *sh, enum show_value what, bool ascii)
{
	const struct sla_series *s = what == SHOW_FORWARD ? &sh->total.forward : what == SHOW_BACK ?
		&sh->total.back : &sh->total.rtt;
	struct canvas c = { .ascii = ascii, .w = COLUMNS * (ascii ? 1 : 2), .h = ROWS * (ascii ? 1 : 4) };
	struct show_slot slots[COLUMNS * 2];
	int64_t step, top;

	if (!s->s.n) {
		sbuf_puts(sb, "\nNo packet came back with its times: there is nothing to draw.\n");
		return;
	}
	step = show_step(s->s.max > 0 ? s->s.max : 1, ROWS);
	top = ((s->s.max > 0 ? s->s.max : 1) + step - 1) / step * step;
	sbuf_printf(sb, "\n%s delay, ms\n", what == SHOW_FORWARD ? "forward" : what == SHOW_BACK ? "back" :
		    "round trip");
	show_over_time(slots, c.w, sh, what);
	draw(&c, slots, top);
	put_canvas(sb, &c, top);
	show_over_time(slots, COLUMNS, sh, what);
	put_lost(sb, slots, COLUMNS, ascii);
	put_axis(sb, show_duration(sh->run));
	put_spread(sb, sh, s, what, ascii);
}


static void put_missed(struct sbuf *sb, const struct sla_verdict *v)
{
	enum { TEXT = 2 };
	struct sbuf text = {0};

	for (unsigned t = 0; t < SLA_TARGETS; t++)
		for (unsigned w = 0; w < SLA_WAYS; w++)
			if (v->checks[t][w].answer == SLA_UNFIT) {
				sla_check_print(&text, v, (enum sla_target_id)t, (enum sla_way)w);
				sbuf_printf(sb, "%*s", TEXT, "");
				show_wrapped(sb, TEXT, TEXT + 2, sbuf_str(&text));
				sbuf_reset(&text);
			}
}


static void plots(struct sbuf *sb, const struct sla_show *sh, bool ascii)
{
	show_title(sb, sh);
	sbuf_printf(sb, ": %s\n", sla_answer_name(sh->verdict.answer));
	put_missed(sb, &sh->verdict);
	if (!sh->total.one_way) {
		plot(sb, sh, SHOW_RTT, ascii);
		return;
	}
	plot(sb, sh, SHOW_FORWARD, ascii);
	plot(sb, sh, SHOW_BACK, ascii);
}


void show_plot(struct sbuf *sb, const struct sla_show *sh)
{
	plots(sb, sh, false);
}


void show_plot_ascii(struct sbuf *sb, const struct sla_show *sh)
{
	plots(sb, sh, true);
}
