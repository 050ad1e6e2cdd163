#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "daemons/media/picture/stroke.h"

/* Points "xy" on a grid of 5 x 7, 0,0 upper left; a comma lifts the pen. */
static const struct glyph {
	char c;
	const char *strokes;
} glyphs[] = {
	{ '0', "103041453616050110" },	{ '1', "112026,1636" },
	{ '2', "01103041420646" },		{ '3', "004022324345361605" },
	{ '4', "36300444" },			{ '5', "400002324345361605" },
	{ '6', "3020020516364544331304" },	{ '7', "004016" },
	{ '8', "103041423313020110,1304051636454433" },
	{ '9', "1626444130100102133342" },
	{ 'A', "062046,1434" },			{ 'B', "06003041423303,3344453606" },
	{ 'C', "4130100105163645" },		{ 'D', "00304145360600" },
	{ 'E', "40000646,0333" },		{ 'F', "400006,0333" },
	{ 'G', "41301001051636454323" },	{ 'H', "0006,4046,0343" },
	{ 'I', "2026" },			{ 'J', "4045361605" },
	{ 'K', "0006,4003,1346" },		{ 'L', "000646" },
	{ 'M', "0600234046" },			{ 'N', "06004640" },
	{ 'O', "103041453616050110" },		{ 'P', "06003041423303" },
	{ 'Q', "103041453616050110,2446" },	{ 'R', "06003041423303,2346" },
	{ 'S', "413010010213334445361605" },	{ 'T', "0040,2026" },
	{ 'U', "000516364540" },		{ 'V', "002640" },
	{ 'W', "0016223640" },			{ 'X', "0046,4006" },
	{ 'Y', "002340,2326" },			{ 'Z', "00400646" },
	{ ':', "2222,2525" },			{ '.', "2626" },
	{ '-', "1333" },			{ '/', "0640" },
};

#define ADVANCE 5.8f	/* grid units from one glyph to the next */
#define WEIGHT 0.42f	/* half a stroke's thickness */


static const char *glyph_find(char c)
{
	for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++)
		if (glyphs[i].c == toupper((unsigned char)c))
			return glyphs[i].strokes;
	return NULL;
}


static float advance(char c)
{
	return c == ':' || c == '.' || c == 'I' ? ADVANCE * 0.6f : ADVANCE;
}


static void glyph_draw(const struct draw_target *t, float x, float y, float u, const char *s, struct draw_colour c)
{
	struct draw_shape line = { .kind = DRAW_LINE, .round = WEIGHT * u };
	bool pen = false;

	for (; s[0] && s[1]; s += 2) {
		float px, py;

		if (s[0] == ',') {
			pen = false;
			s--;
			continue;
		}
		px = x + (float)(s[0] - '0') * u;
		py = y + (float)(s[1] - '0') * u;
		if (pen) {
			line.a = px;
			line.b = py;
			draw_shape(t, &line, c, 1.f);
		}
		line.x = px;
		line.y = py;
		pen = true;
	}
}


float stroke_text(const struct draw_target *t, float x, float y, float size, const char *text, struct draw_colour c)
{
	float u = size / 6.f, start = x;

	for (; *text; text++) {
		const char *s = glyph_find(*text);
		float narrow = advance(*text) < ADVANCE ? -1.15f * u : 0.f;

		if (s)
			glyph_draw(t, x + narrow, y, u, s, c);
		x += advance(*text) * u;
	}
	return x - start;
}


float stroke_width(float size, const char *text)
{
	float w = 0.f;

	for (; *text; text++)
		w += advance(*text) * size / 6.f;
	return w;
}
