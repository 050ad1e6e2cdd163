/* The ladder: every SIP message of the call once, between the two hosts that
 * it went between. */
#include <stdlib.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { SAME_MESSAGE_MS = 2000, LINE_MAX_SHOWN = 160 };


/** The host that an "address:port" belongs to, or the text itself */
static const char *host_at(const struct report_input *in, const char *addr,
			   char buf[IP_STRLEN])
{
	const char *begin = addr, *end = strrchr(addr, ':');
	const struct site_host *h;
	struct ip_addr a;
	size_t n;

	if (*begin == '[') {
		begin++;
		end = strchr(begin, ']');
	}
	n = end ? (size_t)(end - begin) : strlen(begin);
	if (n >= IP_STRLEN)
		return "?";

	memcpy(buf, begin, n);
	buf[n] = '\0';
	if (ip_parse(&a, buf))
		return buf;

	h = site_host_by_addr(in->site, &a);
	return h ? h->name : buf;
}


/** The call that the ladder shows: that of the first dialling. */
static const char *call_of(const struct report_input *in)
{
	const char *any = NULL;

	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i];

		if (strcmp(e->ev, "call") || !event_str(e, "call_id")[0])
			continue;
		if (!strcmp(event_str(e, "state"), "dialing") &&
		    (!in->call_from || !strcmp(e->host, in->call_from)))
			return event_str(e, "call_id");
		if (!any)
			any = event_str(e, "call_id");
	}

	return any;
}


static json_t *message_json(const struct report_input *in,
			    const struct event *e)
{
	bool tx = !strcmp(event_str(e, "dir"), "tx");
	char a[IP_STRLEN], b[IP_STRLEN], line[LINE_MAX_SHOWN + 1] = "";
	const char *peer = host_at(in, event_str(e, "peer"), a);
	const char *self = e->host[0] ? e->host
				      : host_at(in, event_str(e, "local"), b);

	strncat(line, event_str(e, "line"), LINE_MAX_SHOWN);
	return json_pack("{s:f, s:o, s:o, s:o, s:o, s:o, s:b}", "t", e->t,
			 "from", report_string(tx ? self : peer),
			 "to", report_string(tx ? peer : self),
			 "transport", report_string(event_str(e, "transport")),
			 "line", report_string(line),
			 "cseq", json_deep_copy(json_object_get(e->obj, "cseq"))
			 ?: json_null(), "tx", tx);
}


/** Both ends log a message: is this the other end's line? */
static bool is_twin(const json_t *a, const json_t *b)
{
	static const char *const keys[] = {"from", "to", "line"};

	if (report_true(a, "tx") == report_true(b, "tx") ||
	    json_object_get(a, "both") ||
	    abs((int)((report_num(b, "t") - report_num(a, "t")) * 1000)) >
	    SAME_MESSAGE_MS ||
	    !json_equal(json_object_get(a, "cseq"), json_object_get(b, "cseq")))
		return false;

	for (size_t i = 0; i < 3; i++)
		if (strcmp(report_str(a, keys[i]), report_str(b, keys[i])))
			return false;

	return true;
}


static void message_add(json_t *list, json_t *m)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		if (!is_twin(o, m))
			continue;

		/* the sender's time is when it went off */
		if (report_true(m, "tx"))
			json_object_set(o, "t", json_object_get(m, "t"));
		json_object_set_new(o, "both", json_true());
		json_decref(m);
		return;
	}

	if (json_array_size(list) < REPORT_LADDER_MAX)
		json_array_append_new(list, m);
	else
		json_decref(m);
}


json_t *report_ladder(const struct report_input *in, json_t *report)
{
	const char *id = call_of(in);
	json_t *list = json_array(), *m;
	double begin = 0;
	size_t n;

	for (size_t i = 0; id && i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i];

		if (!strcmp(e->ev, "sip") &&
		    !strcmp(event_str(e, "call_id"), id))
			message_add(list, message_json(in, e));
	}

	json_array_foreach(list, n, m) {
		double t = report_num(m, "t");

		if (n == 0)
			begin = t;
		json_object_set_new(m, "ms", json_real((t - begin) * 1000));
	}

	json_object_set_new(report, "call_id", report_string(id));
	return list;
}
