#include "daemons/media/transcode.h"

#include <errno.h>
#include <stdlib.h>
#include <libswscale/swscale.h>

#include "daemons/media/coding/decoder.h"

struct transcode {
	struct source s;
	const struct clip *c;
	struct timeline *tl;
	struct h264dec *dec;
	struct SwsContext *sws;
	struct picture *last;	/* at the clip's size */
	size_t i;
	uint64_t base_us;
};


static void transcode_close(struct source *s)
{
	struct transcode *t = (struct transcode *)s;

	h264dec_free(t->dec);
	sws_freeContext(t->sws);
	picture_free(t->last);
	free(t);
}


static void picture_h(const struct picture *p, bool key, void *arg)
{
	struct transcode *t = arg;

	if (t->last && (t->last->w != p->w || t->last->h != p->h)) {
		picture_free(t->last);
		t->last = NULL;
	}
	if (t->last)
		picture_copy(t->last, p);
	else
		(void)picture_dup(&t->last, p);
}


/* All pictures that are due are decoded; only the last of them is sent. */
static void decode_until(struct transcode *t, uint64_t pos)
{
	const struct clip *c = t->c;
	size_t steps = 0;

	while (t->base_us + (uint64_t)c->video.v[t->i].dts_us <= pos && steps++ < c->video.n) {
		const struct clip_packet *v = &c->video.v[t->i];

		(void)h264dec_decode(t->dec, c->data + v->off, v->len, (uint64_t)v->pts_us, picture_h, t);
		if (++t->i == c->video.n) {
			t->i = 0;
			t->base_us += (uint64_t)c->duration_us;
		}
	}
}


static int transcode_picture(struct source *s, struct picture *p, uint64_t us)
{
	struct transcode *t = (struct transcode *)s;
	int in[3], out[3];

	decode_until(t, us - timeline_origin(t->tl));
	if (!t->last)
		return EAGAIN;
	t->sws = sws_getCachedContext(t->sws, (int)t->last->w, (int)t->last->h, AV_PIX_FMT_YUV420P, (int)p->w,
				      (int)p->h, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!t->sws)
		return ENOMEM;
	for (int i = 0; i < 3; i++) {
		in[i] = (int)t->last->stride[i];
		out[i] = (int)p->stride[i];
	}
	(void)sws_scale(t->sws, (const uint8_t *const *)t->last->p, in, 0, (int)t->last->h, p->p, out);
	return 0;
}


static int transcode_resize(struct source *s, unsigned w, unsigned h)
{
	s->format.w = w;
	s->format.h = h;
	return 0;
}


static const struct media_source_ops transcode_ops = {
	.name = "transcode", .kind = MEDIA_VIDEO, .close = transcode_close, .picture = transcode_picture,
	.resize = transcode_resize,
};


int transcode_alloc(struct source **sp, const struct clip *c, struct timeline *tl)
{
	struct transcode *t = calloc(1, sizeof(*t));

	if (!t)
		return ENOMEM;
	t->s.ops = &transcode_ops;
	t->s.format = (struct format){ .w = c->sps.width, .h = c->sps.height, .fps = c->fps };
	t->c = c;
	t->tl = tl;
	if (h264dec_alloc(&t->dec)) {
		transcode_close(&t->s);
		return ENOMEM;
	}
	*sp = &t->s;
	return 0;
}
