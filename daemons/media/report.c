#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemons/media/report.h"
#include "io/log.h"

enum { ANSWER_WAIT_MS = 1000 };

static int parent = -1;


void report_init(int fd)
{
	parent = fd;
}


int report_send(json_t *o, bool answer)
{
	char *s = o ? json_dumps(o, JSON_COMPACT) : NULL;
	int err = s ? 0 : ENOMEM;

	json_decref(o);
	if (s && parent >= 0) {
		struct pollfd p = { .fd = parent, .events = POLLOUT };

		if (answer)
			(void)poll(&p, 1, ANSWER_WAIT_MS);
		if (send(parent, s, strlen(s), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			err = errno;
	}
	free(s);
	return err;
}


void report_event(const char *ev, json_t *fields)
{
	json_t *o = fields ? json_copy(fields) : NULL;

	log_event_json(ev, fields);
	if (!o || json_object_set_new(o, "msg", json_string("event")) || json_object_set_new(o, "ev", json_string(ev)))
		json_decref(o);
	else
		(void)report_send(o, false);
}


void report_media(const char *what, const char *call_id, int stream, const char *detail)
{
	json_t *f = json_pack("{s:s, s:s}", "what", what, "call_id", call_id ? call_id : "");

	if (f && stream >= 0)
		(void)json_object_set_new(f, "stream", json_integer(stream));
	if (f && detail)
		(void)json_object_set_new(f, "detail", json_string(detail));
	report_event("media", f);
}
