#include "daemons/media/clock.h"
#include "daemons/media/report.h"
#include "daemons/media/sender.h"

enum { KEY_GAP_US = 500000, LATE_US = 1000000 };

/* A place in the looped clip. */
struct place {
	size_t i;
	uint64_t base_us;	/* clip time at which this round began */
};


static void advance(const struct clip *c, const struct clip_track *t, struct place *p)
{
	if (++p->i < t->n)
		return;
	p->i = 0;
	p->base_us += (uint64_t)c->duration_us;
}


/* Go to the next key picture, and time with it, so that it is due now. */
static void jump_to_key(struct sender *s, struct place *p, uint64_t now)
{
	const struct clip *c = s->src->clip;
	uint64_t pos = now - timeline_origin(s->tl), at;
	size_t k = clip_next_key(c, p->i);

	if (k == c->video.n) {
		k = 0;
		p->base_us += (uint64_t)c->duration_us;
	}
	p->i = k;
	at = p->base_us + (uint64_t)c->video.v[k].dts_us;
	if (at > pos)
		timeline_jump(s->tl, (int64_t)(at - pos));
}


static void check_file(struct sender *s)
{
	if (!s->failed && clip_changed(s->src->clip))
		sender_trouble(s, "the file was changed during the call; what was read before is still sent");
}


static void send_one(struct sender *s, const struct place *p, uint64_t due)
{
	const struct clip *c = s->src->clip;
	const struct clip_packet *v = &c->video.v[p->i];
	uint64_t capture = due + (uint64_t)(v->pts_us - v->dts_us);

	sender_push(s, c->data + v->off, v->len, capture, v->key);
	if (v->key) {
		atomic_store(&s->want_key, false);
		s->key_sent_us = clock_us();
	}
	if (s->shots && shots_due(&s->shot, capture))
		shots_take_clip(s->shots, c, p->i, capture, s->id);
}


void sender_run_clip_video(struct sender *s)
{
	const struct clip *c = s->src->clip;
	struct place p = {0};

	while (!worker_ending(&s->w)) {
		uint64_t now = clock_us(), due;

		if (atomic_load(&s->want_key) && now - s->key_sent_us >= KEY_GAP_US)
			jump_to_key(s, &p, now);
		due = timeline_origin(s->tl) + p.base_us + (uint64_t)c->video.v[p.i].dts_us;
		if (due > now) {
			(void)worker_sleep_until(&s->w, due);
			continue;
		}
		if (now - due > LATE_US)
			timeline_jump(s->tl, -(int64_t)(now - due));	/* the machine slept */
		send_one(s, &p, due);
		advance(c, &c->video, &p);
		if (!p.i)
			check_file(s);
	}
}


/* The packet at or after clip time `pos`, in its round. */
static void seek_audio(const struct clip *c, struct place *p, uint64_t pos)
{
	p->base_us = pos / (uint64_t)c->duration_us * (uint64_t)c->duration_us;
	pos -= p->base_us;
	for (p->i = 0; p->i < c->audio.n && c->audio.v[p->i].pts_us < (int64_t)pos; p->i++)
		;
	if (p->i == c->audio.n) {
		p->i = 0;
		p->base_us += (uint64_t)c->duration_us;
	}
}


void sender_run_clip_audio(struct sender *s)
{
	const struct clip *c = s->src->clip;
	uint64_t origin = timeline_origin(s->tl);
	struct place p = {0};

	while (!worker_ending(&s->w)) {
		const struct clip_packet *v = &c->audio.v[p.i];
		uint64_t now = clock_us(), due;

		if (timeline_origin(s->tl) != origin) {
			origin = timeline_origin(s->tl);
			seek_audio(c, &p, now > origin ? now - origin : 0);
			continue;
		}
		due = origin + p.base_us + (uint64_t)v->pts_us;
		if (due > now) {
			(void)worker_sleep_until(&s->w, due < now + 100000 ? due : now + 100000);
			continue;
		}
		/* sound beyond the last picture is left out, or rounds would overlap */
		if (v->pts_us < c->duration_us)
			sender_push(s, c->data + v->off, v->len, due, true);
		advance(c, &c->audio, &p);
	}
}
