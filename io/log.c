#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/log.h"


static struct {
	const char *prog;
	const char *host;
	int fd;
	enum log_level level;
	bool complained;	/* a full disk is said once, not once a line */
	pthread_mutex_t lock;
} lg = {
	.prog = "visavis",
	.fd = -1,
	.level = LOG_INFO,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static const char *const level_names[] = {"error", "warning", "info", "debug"};


int log_init_fd(const char *prog, const char *host, int fd,
		enum log_level level)
{
	lg.prog = prog;
	lg.host = host;
	lg.fd = fd;
	lg.level = level;
	lg.complained = false;
	return 0;
}


int log_init(const char *prog, const char *host, const char *path,
	     enum log_level level)
{
	int fd = -1;

	if (path) {
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		if (fd < 0)
			return errno;
	}

	return log_init_fd(prog, host, fd, level);
}


void log_close(void)
{
	if (lg.fd >= 0)
		(void)close(lg.fd);
	lg.fd = -1;
}


bool log_has_file(void)
{
	return lg.fd >= 0;
}


static void to_stderr(enum log_level level, const char *msg)
{
	if (level > lg.level)
		return;

	(void)fprintf(stderr, "%s%s%s: %s%s\n", lg.prog,
		      lg.host ? " " : "", lg.host ? lg.host : "",
		      level == LOG_WARN ? "warning: " : "", msg);
}


/* One write(2) a line, so that lines of several processes do not mix. */
static void put_line(char *line, size_t len)
{
	ssize_t n;

	line[len++] = '\n';
	pthread_mutex_lock(&lg.lock);
	n = write(lg.fd, line, len);
	if (n != (ssize_t)len && !lg.complained) {
		lg.complained = true;
		(void)fprintf(stderr, "%s: cannot write the log: %s; events are lost until it can\n",
			      lg.prog, n < 0 ? strerror(errno) : "disk full");
	}
	else if (n == (ssize_t)len)
		lg.complained = false;
	pthread_mutex_unlock(&lg.lock);
}


static json_t *event_head(const char *ev)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return json_pack("{s:f, s:s*, s:s, s:s}",
			 "t", (double)ts.tv_sec + (double)(ts.tv_nsec / 1000) / 1e6,
			 "host", lg.host, "prog", lg.prog, "ev", ev);
}


void log_event_json(const char *ev, json_t *fields)
{
	char *line = NULL;
	json_t *o = NULL;

	if (lg.fd < 0)
		goto out;

	o = event_head(ev);
	if (!o || (fields && json_object_update(o, fields)))
		goto out;

	/* 16 digits hold microseconds of today's Unix time */
	line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(16));
	if (line) {
		size_t len = strlen(line);
		char *p = realloc(line, len + 2);

		if (p) {
			line = p;
			put_line(line, len);
		}
	}

out:
	free(line);
	json_decref(o);
	json_decref(fields);
}


void log_event(const char *ev, const char *fmt, ...)
{
	json_error_t e;
	json_t *fields;
	va_list ap;

	if (lg.fd < 0)
		return;

	va_start(ap, fmt);
	fields = json_vpack_ex(&e, 0, fmt, ap);
	va_end(ap);

	if (!fields)
		log_warn("event %s not logged: %s", ev, e.text);
	else
		log_event_json(ev, fields);
}


void log_msg(enum log_level level, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);

	to_stderr(level, msg);

	/* what a peer sent may be no UTF-8; json refuses that */
	for (char *p = msg; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	log_event_json("log", json_pack("{s:s, s:s}", "level", level_names[level],
					"msg", msg));
}
