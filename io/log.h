/**
 * The log: one JSON object a line to a file, short text to the terminal.
 *
 * Programs say what happened as events with fields; docs/events.md lists
 * them. The lab and the proof read the same lines that an operator does.
 */
#ifndef VISAVIS_IO_LOG_H
#define VISAVIS_IO_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum log_level {
	LOG_ERROR = 0,	/**< something failed, and what to do about it */
	LOG_WARN,
	LOG_INFO,	/**< a person at the console wants to know */
	LOG_DEBUG,
};

/**
 * Start logging for this process.
 *
 * @param prog   "visavis-codec"
 * @param host   name in the site, or NULL
 * @param path   JSON lines are appended here; NULL: none
 * @param level  what goes to stderr as text
 * @return 0 or errno of opening path
 */
int log_init(const char *prog, const char *host, const char *path,
	     enum log_level level);
void log_close(void);

/** For a process without rights to open: log to this descriptor. */
int log_init_fd(const char *prog, const char *host, int fd,
		enum log_level level);

/** Is anything written to a file at all? Saves making costly events. */
bool log_has_file(void);

/** A line for people; also an event {"ev":"log"}. */
void log_msg(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_msg(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_msg(LOG_DEBUG, __VA_ARGS__)

/**
 * An event: {"t":<unix seconds, 6 decimals>,"host":…,"prog":…,"ev":ev, …}.
 *
 * @param ev   event name
 * @param fmt  json_pack() format of an object with the event's own fields,
 *             "{s:s, s:i}"; a failure to pack is logged, never fatal
 */
void log_event(const char *ev, const char *fmt, ...);

/** As log_event with fields ready made; steals the reference. */
void log_event_json(const char *ev, json_t *fields);

#endif
