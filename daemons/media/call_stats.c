/* The call in numbers: what the session counts, and what was shown and heard. */
#include "daemons/media/call_priv.h"


/* Tenths of a millisecond are all that this can claim. */
static double round_ms(double ms)
{
	return (double)(long long)(ms * 10.0 + (ms < 0 ? -0.5 : 0.5)) / 10.0;
}


static json_t *dist_json(const struct dist *d, const char *by)
{
	json_t *o;

	if (!d->n)
		return json_null();
	o = json_pack("{s:f, s:f, s:f, s:f, s:I}", "min", round_ms((double)d->min_us / 1000.0), "mean",
		      round_ms(dist_mean_ms(d)), "p95", round_ms(dist_percentile_ms(d, 95)), "max",
		      round_ms((double)d->max_us / 1000.0), "n", (json_int_t)d->n);
	if (o && by)
		(void)json_object_set_new(o, "by", json_string(by));
	return o;
}


static json_t *stream_json(struct stream *s)
{
	static _Thread_local struct player_stats ps;
	json_t *o = session_stream_stats(s->st);

	player_stats(&s->player, &ps);
	if (!o)
		o = json_object();
	if (!o)
		return NULL;
	(void)json_object_set_new(o, "id", json_integer(s->cfg.cfg.id));
	(void)json_object_set_new(o, "media", json_string(s->cfg.cfg.kind == MEDIA_VIDEO ? "video" : "audio"));
	(void)json_object_set_new(o, "codec", json_string(s->cfg.codec));
	(void)json_object_set_new(o, "frames", json_integer((json_int_t)ps.frames));
	(void)json_object_set_new(o, "decode_errors", json_integer((json_int_t)ps.errors));
	(void)json_object_set_new(o, "delay_ms", ps.code.n ? dist_json(&ps.code, "timecode") :
				  dist_json(&ps.rtcp, "rtcp"));
	if (s->cfg.cfg.kind == MEDIA_VIDEO) {
		(void)json_object_set_new(o, "width", json_integer(ps.width));
		(void)json_object_set_new(o, "height", json_integer(ps.height));
		(void)json_object_set_new(o, "fps", json_real(round_ms(ps.fps)));
	}
	return o;
}


json_t *call_stats(struct call *c, bool final)
{
	static _Thread_local struct dist sync;
	json_t *streams = json_array();

	for (size_t i = 0; streams && i < c->n; i++)
		(void)json_array_append_new(streams, stream_json(&c->v[i]));
	(void)pthread_mutex_lock(&c->sync.mu);
	sync = c->sync.d;
	(void)pthread_mutex_unlock(&c->sync.mu);
	return json_pack("{s:s, s:b, s:o, s:o}", "call_id", c->id, "final", final, "streams", streams, "lip_sync_ms",
			 dist_json(&sync, NULL));
}
