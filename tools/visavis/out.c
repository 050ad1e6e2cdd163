#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/visavis/cmd.h"
#include "tools/visavis/out.h"


size_t out_width(void)
{
	struct winsize ws;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) || !ws.ws_col)
		return OUT_WIDTH;
	return ws.ws_col < 60 ? 60 : ws.ws_col > 120 ? 120 : ws.ws_col;
}


/* Columns of n bytes of UTF-8. */
static size_t columns(const char *s, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++)
		c += ((unsigned char)s[i] & 0xc0) != 0x80;
	return c;
}


void out_wrap(struct sbuf *sb, size_t col, size_t indent, size_t width, const char *text)
{
	bool first = true;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t n = strcspn(text, " ");
		size_t w = columns(text, n);

		if (!first && col + 1 + w > width) {
			sbuf_printf(sb, "\n%*s", (int)indent, "");
			col = indent;
		}
		else if (!first) {
			sbuf_putc(sb, ' ');
			col++;
		}
		sbuf_put(sb, text, n);
		col += w;
		text += n;
		first = false;
	}
	sbuf_putc(sb, '\n');
}


void out_markdown(struct sbuf *sb, const char *s)
{
	for (; *s; s++) {
		if (strchr("|*_`<\\", *s))
			sbuf_putc(sb, '\\');
		sbuf_putc(sb, *s);
	}
}


int out_flush(struct sbuf *sb)
{
	int err = sb->err;

	if (!err && sb->len && fwrite(sb->p, 1, sb->len, stdout) != sb->len)
		err = errno;
	if (!err && fflush(stdout))
		err = errno;
	if (err)
		(void)fprintf(stderr, "visavis: cannot write: %s\n", strerror(err));
	sbuf_reset(sb);
	return err ? EXIT_FINDINGS : EXIT_OK;
}
