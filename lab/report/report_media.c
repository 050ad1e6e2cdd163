/* Streams, lip sync, the moments of the call, pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { HOSTS_MAX = 64, PICTURE_APART_US = 40000 };


/** The last stats of a host in a call: the final one where there is one. */
static const struct event *stats_last(const struct report_input *in,
				      const char *host, const char *call_id)
{
	const struct event *last = NULL;

	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *ev = &in->ev->v[i];

		if (strcmp(ev->ev, "stats") || strcmp(ev->host, host) ||
		    strcmp(event_str(ev, "call_id"), call_id))
			continue;
		if (!last || !report_true(last->obj, "final") ||
		    report_true(ev->obj, "final"))
			last = ev;
	}

	return last;
}


/** The other host with stats in this call, or NULL */
static const char *far_host(const struct report_input *in,
			    const struct event *ev)
{
	const char *far = NULL;

	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *o = &in->ev->v[i];

		if (strcmp(o->ev, "stats") || !strcmp(o->host, ev->host) ||
		    strcmp(event_str(o, "call_id"), event_str(ev, "call_id")))
			continue;
		if (far && strcmp(far, o->host))
			return NULL;	/* more than two: a meeting */
		far = o->host;
	}

	return far;
}


static bool same_stream(const json_t *a, const json_t *b)
{
	return !strcmp(report_str(a, "media"), report_str(b, "media")) &&
	       json_equal(json_object_get(a, "id"), json_object_get(b, "id"));
}


static json_t *stream_find(json_t *streams, const json_t *like)
{
	json_t *s;
	size_t i;

	json_array_foreach(streams, i, s)
		if (same_stream(s, like))
			return s;

	return NULL;
}


static json_t *number_or_null(const json_t *o, const char *key, const char *sub)
{
	const json_t *v = json_object_get(o, key);

	if (json_is_object(v))
		v = json_object_get(v, sub);

	return json_is_number(v) ? json_real(json_number_value(v))
				 : json_null();
}


static json_t *series_of(const struct report_input *in, const struct event *fin,
			 const json_t *stream)
{
	json_t *series = json_array();
	double begin = 0;

	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *ev = &in->ev->v[i];
		json_t *s;

		if (strcmp(ev->ev, "stats") || strcmp(ev->host, fin->host) ||
		    report_true(ev->obj, "final") ||
		    strcmp(event_str(ev, "call_id"), event_str(fin, "call_id")))
			continue;

		s = stream_find(json_object_get(ev->obj, "streams"), stream);
		if (!s || json_array_size(series) == REPORT_SERIES_MAX)
			continue;
		if (begin == 0)
			begin = ev->t;
		json_array_append_new(series, json_pack(
			"{s:f, s:o, s:o, s:o}", "t", ev->t - begin,
			"jitter_ms", number_or_null(s, "jitter_ms", "mean"),
			"delay_ms", number_or_null(s, "delay_ms", "mean"),
			"lost", number_or_null(s, "lost", "")));
	}

	return series;
}


static void copy_fields(json_t *to, const json_t *from)
{
	static const char *const keys[] = {
		"id", "media", "codec", "secure", "packets", "bytes", "frames",
		"lost", "late", "duplicate", "reordered", "rejected", "rtt_ms",
		"pli_sent", "fir_sent", "width", "height", "fps",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *v = json_object_get(from, keys[i]);

		if (v && (json_is_string(v) || json_is_number(v)))
			json_object_set(to, keys[i], v);
	}
}


static json_t *stream_json(const struct report_input *in,
			   const struct event *fin, const json_t *s)
{
	const char *far = far_host(in, fin);
	json_t *o = json_object(), *sent = NULL;
	const struct event *there = far
		? stats_last(in, far, event_str(fin, "call_id")) : NULL;

	if (there)
		sent = stream_find(json_object_get(there->obj, "streams"), s);

	json_object_set_new(o, "from", report_string(far ? far : "?"));
	json_object_set_new(o, "to", report_string(fin->host));
	json_object_set_new(o, "call_id",
			    report_string(event_str(fin, "call_id")));
	copy_fields(o, s);
	json_object_set_new(o, "sent", sent
			    ? json_incref(json_object_get(sent, "sent_packets"))
			    : json_null());
	json_object_set_new(o, "jitter_ms",
			    number_or_null(s, "jitter_ms", "mean"));
	json_object_set_new(o, "delay_ms", number_or_null(s, "delay_ms", "mean"));
	json_object_set_new(o, "jitter_max_ms",
			    number_or_null(s, "jitter_ms", "max"));
	json_object_set_new(o, "delay_p95_ms",
			    number_or_null(s, "delay_ms", "p95"));
	json_object_set_new(o, "delay_max_ms",
			    number_or_null(s, "delay_ms", "max"));
	json_object_set_new(o, "delay_by", report_string(report_str(
			    json_object_get(s, "delay_ms"), "by")));
	json_object_set_new(o, "series", series_of(in, fin, s));
	return o;
}


static void streams_of(const struct report_input *in, const struct event *fin,
		       json_t *out, json_t *lips)
{
	json_t *lip = json_object_get(fin->obj, "lip_sync_ms"), *s;
	size_t i;

	json_array_foreach(json_object_get(fin->obj, "streams"), i, s)
		if (json_is_object(s))
			json_array_append_new(out, stream_json(in, fin, s));

	if (json_is_object(lip) && report_num(lip, "n") > 0)
		json_array_append_new(lips, json_pack(
			"{s:o, s:f, s:f, s:f}", "host", report_string(fin->host),
			"mean", report_num(lip, "mean"), "p95",
			report_num(lip, "p95"), "max", report_num(lip, "max")));
}


/** Is this the first event of its host and call? */
static bool first_of(const struct report_input *in, size_t at)
{
	const struct event *e = &in->ev->v[at];

	for (size_t i = 0; i < at; i++) {
		const struct event *o = &in->ev->v[i];

		if (!strcmp(o->ev, "stats") && !strcmp(o->host, e->host) &&
		    !strcmp(event_str(o, "call_id"), event_str(e, "call_id")))
			return false;
	}

	return true;
}


/** Dial to `state` of another event of the same host, in milliseconds */
static json_t *since_dial(const struct report_input *in,
			  const struct event *dial, const char *ev,
			  const char *key, const char *value)
{
	for (size_t i = 0; dial && i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i];

		if (e->t >= dial->t && !strcmp(e->ev, ev) &&
		    !strcmp(e->host, dial->host) &&
		    !strcmp(event_str(e, key), value))
			return json_real((e->t - dial->t) * 1000);
	}

	return json_null();
}


static const struct event *dial_find(const struct report_input *in)
{
	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i];

		if (!strcmp(e->ev, "call") &&
		    !strcmp(event_str(e, "state"), "dialing") &&
		    (!in->call_from || !strcmp(e->host, in->call_from)))
			return e;
	}

	return NULL;
}


json_t *report_streams(const struct report_input *in, json_t *report)
{
	const struct event *dial = dial_find(in);
	json_t *streams = json_array(), *lips = json_array(), *l;
	double worst = 0;
	size_t n;

	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i];

		if (!strcmp(e->ev, "stats") && first_of(in, i)) {
			const struct event *fin = stats_last(in, e->host,
						event_str(e, "call_id"));

			streams_of(in, fin ? fin : e, streams, lips);
		}
	}

	json_array_foreach(lips, n, l)
		worst = fmax(worst, fabs(report_num(l, "p95")));
	json_object_set_new(report, "lip_sync_ms", json_array_size(lips)
			    ? json_real(worst) : json_null());
	json_object_set_new(report, "lip_sync", lips);
	json_object_set_new(report, "setup_ms",
			    since_dial(in, dial, "call", "state",
				       "established"));
	json_object_set_new(report, "first_picture_ms",
			    since_dial(in, dial, "media", "what",
				       "first_picture"));
	return streams;
}


/** The picture that another host sent nearest to that moment */
static const struct event *picture_sent(const struct report_input *in,
					const struct event *seen)
{
	const struct event *best = NULL;
	double at = event_num(seen, "capture_us"), apart = 1e18;

	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i];
		double d = fabs(event_num(e, "capture_us") - at);

		if (strcmp(e->ev, "picture") || !strcmp(e->host, seen->host) ||
		    strcmp(event_str(e, "dir"), "sent") || d >= apart)
			continue;
		best = e;
		apart = d;
	}

	return best;
}


/** The host's picture to show: the last one whose twin was kept, too. */
static const struct event *picture_seen(const struct report_input *in,
					const char *host,
					const struct event **sent)
{
	const struct event *best = NULL;
	double apart = 1e18;

	*sent = NULL;
	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *e = &in->ev->v[i], *s;
		double d;

		if (strcmp(e->ev, "picture") || strcmp(e->host, host) ||
		    strcmp(event_str(e, "dir"), "seen"))
			continue;

		s = picture_sent(in, e);
		d = s ? fabs(event_num(s, "capture_us") -
			     event_num(e, "capture_us")) : 1e17;
		/* within a picture's time of each other is the same one */
		if (!best || d <= apart || d < PICTURE_APART_US) {
			best = e;
			*sent = s;
			apart = d;
		}
	}

	return best;
}


/** A file's name as seen from the report's folder */
static json_t *file_name(const struct report_input *in, const char *file)
{
	size_t n = in->dir ? strlen(in->dir) : 0;

	if (n && !strncmp(file, in->dir, n) && file[n] == '/')
		file += n + 1;

	return report_string(file);
}


json_t *report_pictures(const struct report_input *in)
{
	json_t *out = json_array();

	for (size_t i = 0; i < in->site->nhosts; i++) {
		const char *host = in->site->hosts[i].name;
		const struct event *sent, *seen = picture_seen(in, host, &sent);

		if (!seen || json_array_size(out) == REPORT_PICTURES_MAX)
			continue;
		json_array_append_new(out, json_pack(
			"{s:o, s:o, s:o, s:o, s:o}",
			"host", report_string(host),
			"seen", file_name(in, event_str(seen, "file")),
			"from", report_string(sent ? sent->host : NULL),
			"sent", sent ? file_name(in, event_str(sent, "file"))
				     : json_null(),
			"apart_ms", sent
			? json_real((event_num(seen, "capture_us") -
				     event_num(sent, "capture_us")) / 1000)
			: json_null()));
	}

	return out;
}
