#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lab/tell.h"

enum { PATIENCE_US = 2000000, NEWS_US = 5000000, WIDTH = 79 };

/* The terminal is one; so is what was last written on it. */
static struct {
	bool tty;
	bool open;		/* a line without its end is on the screen */
	uint64_t last_us;
} term;


int tell_init(struct lab *lab)
{
	term.tty = isatty(STDOUT_FILENO);
	lab->steps = arena_calloc(&lab->arena, LAB_STEPS_MAX, sizeof(*lab->steps));
	lab->steps_cap = LAB_STEPS_MAX;

	return lab->steps ? 0 : ENOMEM;
}


static double elapsed(const struct lab *lab)
{
	uint64_t t0 = lab->phase_us[LAB_START];

	return t0 ? (double)(lab_now_us() - t0) / 1e6 : 0.0;
}


static void tell_clear(struct lab *lab)
{
	if (!term.open)
		return;
	printf("\r%*s\r", WIDTH, "");
	(void)fflush(stdout);
	term.open = false;
}


static void tell_line(struct lab *lab, const char *text)
{
	if (lab->opt.quiet)
		return;
	if (term.tty) {
		tell_clear(lab);
		printf("%6.1f s  %.*s", elapsed(lab), WIDTH - 12, text);
		term.open = true;
	}
	else {
		printf("%6.1f s  %s\n", elapsed(lab), text);
	}
	(void)fflush(stdout);
	term.last_us = lab_mono_us();
}


void tell_waiting(struct lab *lab, const char *what, uint64_t begin_us, uint64_t limit_us)
{
	uint64_t now = lab_mono_us();
	char buf[256];

	if (!what || now - begin_us < PATIENCE_US)
		return;
	if (now - term.last_us < (term.tty ? 200000 : NEWS_US))
		return;
	if (limit_us)
		(void)snprintf(buf, sizeof(buf), "... waiting for %s, %.0f s of at most %.0f s",
			       what, (double)(now - begin_us) / 1e6,
			       (double)(limit_us - begin_us) / 1e6);
	else
		(void)snprintf(buf, sizeof(buf), "... %s", what);
	tell_line(lab, buf);
}


void lab_progress(struct lab *lab, unsigned percent, const char *fmt, ...)
{
	char text[192], buf[256];
	va_list ap;

	if (percent < 100 && lab_mono_us() - term.last_us < (term.tty ? 200000 : NEWS_US))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(buf, sizeof(buf), "... %s, %u %%", text, percent);
	tell_line(lab, buf);
}


void lab_say(struct lab *lab, const char *fmt, ...)
{
	va_list ap;

	if (lab->opt.quiet)
		return;
	tell_clear(lab);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	(void)fflush(stdout);
	term.last_us = lab_mono_us();
}


struct lab_step *lab_step_begin(struct lab *lab, enum lab_phase phase, const char *fmt, ...)
{
	static struct lab_step beyond;
	struct lab_step *st = lab->nsteps < lab->steps_cap ? &lab->steps[lab->nsteps++] : &beyond;
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	*st = (struct lab_step){.name = lab_str(lab, "%s", buf), .phase = phase,
				.begin_us = lab_now_us()};
	if (!lab->phase_us[phase])
		lab->phase_us[phase] = st->begin_us;
	if (term.tty && !lab->opt.quiet)
		tell_line(lab, buf);

	return st;
}


int lab_step_end(struct lab *lab, struct lab_step *st, int err, const char *fmt, ...)
{
	char buf[2048] = "";
	va_list ap;

	va_start(ap, fmt);
	if (fmt)
		(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (err && !*buf)
		(void)snprintf(buf, sizeof(buf), "%s", err == ECANCELED ? "interrupted" : strerror(err));

	st->end_us = lab_now_us();
	st->err = err;
	st->detail = err ? lab_str(lab, "%s", buf) : NULL;
	tell_clear(lab);
	if (err) {
		(void)fprintf(stderr, "%6.1f s  %s: %s\n", elapsed(lab), st->name, buf);
		term.last_us = lab_mono_us();
	}
	else if (!lab->opt.quiet) {
		printf("%6.1f s  %-40s %s\n", elapsed(lab), st->name, *buf ? buf : "ok");
		(void)fflush(stdout);
		term.last_us = lab_mono_us();
	}

	return err;
}
