#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/visavis/secret.h"


/* Byte by byte and without stdio, whose buffer would keep it. */
static int line_read(char *buf, size_t size)
{
	size_t n = 0;
	ssize_t k;
	char c;

	while ((k = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (n + 1 >= size)
			return EOVERFLOW;
		buf[n++] = c;
	}
	if (k < 0)
		return errno;
	if (n && buf[n - 1] == '\r')
		n--;
	buf[n] = '\0';
	return n ? 0 : ENODATA;
}


static int asked_read(char *buf, size_t size, const char *what,
		      const char *again)
{
	int err;

	(void)fprintf(stderr, "%s%s: ", what, again);
	err = line_read(buf, size);
	(void)fputs("\n", stderr);
	return err;
}


static void interrupted(int sig)
{
	(void)sig;	/* read() ends with EINTR */
}


static int twice_read(char *buf, size_t size, const char *what)
{
	char again[512];
	int err = asked_read(buf, size, what, "");

	if (!err)
		err = asked_read(again, sizeof(again), what, " again");
	if (!err && strcmp(buf, again))
		err = EINVAL;
	explicit_bzero(again, sizeof(again));
	return err;
}


static int terminal_read(char *buf, size_t size, const char *what)
{
	static const int sigs[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction sa = {.sa_handler = interrupted};
	struct sigaction old[3];
	struct termios was, quiet;
	int err;

	if (tcgetattr(STDIN_FILENO, &was))
		return errno;
	/* who gives up wants a terminal that shows what is typed */
	for (size_t i = 0; i < 3; i++)
		(void)sigaction(sigs[i], &sa, &old[i]);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	err = twice_read(buf, size, what);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	for (size_t i = 0; i < 3; i++)
		(void)sigaction(sigs[i], &old[i], NULL);
	return err;
}


int secret_read(char *buf, size_t size, const char *what)
{
	int err = isatty(STDIN_FILENO) ? terminal_read(buf, size, what) :
		line_read(buf, size);

	if (err)
		explicit_bzero(buf, size);
	return err;
}
