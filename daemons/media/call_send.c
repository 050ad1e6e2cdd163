/* What a stream sends: the source as it is, or encoded within the limits of
 * the far end. */
#include "daemons/media/call_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemons/media/report.h"
#include "daemons/media/transcode.h"

enum { NAL_MAX_MODE0 = 1050 };	/* leaves room for headers in an Ethernet frame */


static void say(struct stream *s, const char *why)
{
	if (why[0])
		report_media("source_error", s->call->id, (int)s->cfg.cfg.id, why);
}


static bool same_encoder(const struct h264enc *e, const struct h264enc_config *cfg)
{
	const struct h264enc_config *have = h264enc_config(e);

	return have->w == cfg->w && have->h == cfg->h && have->fps == cfg->fps && have->bitrate == cfg->bitrate &&
	       have->max_nal == cfg->max_nal;
}


/* The warm encoder when it fits, else a new one. */
static int take_encoder(struct stream *s, const struct h264enc_config *cfg)
{
	struct media *m = s->call->m;
	struct sender *x = &s->sender;
	int err = 0;

	x->venc = m->venc;
	x->pic = m->pic;
	m->venc = NULL;
	m->pic = NULL;
	if (!x->venc || !same_encoder(x->venc, cfg)) {
		h264enc_free(x->venc);
		x->venc = NULL;
		err = h264enc_alloc(&x->venc, cfg);
	}
	if (!err && (!x->pic || x->pic->w != cfg->w || x->pic->h != cfg->h)) {
		picture_free(x->pic);
		x->pic = NULL;
		err = picture_alloc(&x->pic, cfg->w, cfg->h);
	}
	return err;
}


static int open_encoded(struct stream *s, const struct h264_limits *l)
{
	struct sender *x = &s->sender;
	struct format f = x->src->format;
	struct h264enc_config cfg;
	int err;

	f.bitrate = s->cfg.cfg.bitrate && s->cfg.cfg.bitrate < s->call->m->cfg.video_bitrate ?
		s->cfg.cfg.bitrate : s->call->m->cfg.video_bitrate;
	err = format_fit(&f, l);
	if (!err)
		err = x->src->ops->resize(x->src, f.w, f.h);
	if (err)
		return err;
	x->format = f;
	cfg = (struct h264enc_config){ .w = f.w, .h = f.h, .fps = f.fps, .bitrate = f.bitrate, .threads = 1,
				       .max_nal = l->packetization_mode ? 0 : NAL_MAX_MODE0 };
	return take_encoder(s, &cfg);
}


static int open_video(struct stream *s)
{
	struct media *m = s->call->m;
	struct sender *x = &s->sender;
	struct h264_limits l;
	int err;

	if (strcasecmp(s->cfg.codec, "H264"))
		return ENOTSUP;
	err = format_limits(&l, s->cfg.fmtp_rx, s->cfg.fmtp_tx);
	if (err)
		return err;
	s->cfg.cfg.packetization_mode = l.packetization_mode ? 1 : 0;
	say(s, m->vsrc_why);
	x->packets = x->src->clip && l.packetization_mode && h264_limits_fit_sps(&l, &x->src->clip->sps) &&
		     h264_limits_fit(&l, x->src->clip->sps.width, x->src->clip->sps.height, x->src->clip->fps);
	if (x->packets)
		return 0;
	if (x->src->clip) {
		err = transcode_alloc(&s->own_source, x->src->clip, x->tl);
		x->src = s->own_source;
	}
	return err ? err : open_encoded(s, &l);
}


static int open_audio(struct stream *s)
{
	struct sender *x = &s->sender;

	say(s, s->call->m->asrc_why);
	x->packets = x->src->clip && x->src->clip->audio_opus && x->src->clip->audio.n &&
		     !strcasecmp(s->cfg.codec, "opus");
	return x->packets ? 0 : audioenc_alloc(&x->aenc, s->cfg.codec, s->cfg.cfg.bitrate);
}


/* One stream of a kind sends the source; a second one only receives. */
static bool taken(const struct stream *s)
{
	for (size_t i = 0; i < s->call->n; i++)
		if (&s->call->v[i] != s && s->call->v[i].sends && s->call->v[i].cfg.cfg.kind == s->cfg.cfg.kind)
			return true;
	return false;
}


int call_sender_open(struct stream *s)
{
	struct media *m = s->call->m;
	struct sender *x = &s->sender;
	bool video = s->cfg.cfg.kind == MEDIA_VIDEO;
	int err;

	x->kind = s->cfg.cfg.kind;
	x->id = s->cfg.cfg.id;
	x->src = video ? m->vsrc : m->asrc;
	x->tl = &m->tl;
	x->shots = video && m->cfg.out_dir[0] && strcmp(m->cfg.video_sink, "none") ? m->shots : NULL;
	(void)snprintf(x->call_id, sizeof(x->call_id), "%s", s->call->id);
	if (!x->src || taken(s)) {
		if (!x->src)
			say(s, video ? m->vsrc_why : m->asrc_why);
		return 0;
	}
	err = video ? open_video(s) : open_audio(s);
	s->sends = !err;
	return err;
}


void call_sender_close(struct stream *s)
{
	struct media *m = s->call->m;

	sender_stop(&s->sender);
	audioenc_free(s->sender.aenc);
	if (s->sender.venc && !m->venc && s->sender.pic && !m->pic) {
		m->venc = s->sender.venc;
		m->pic = s->sender.pic;
	} else {
		h264enc_free(s->sender.venc);
		picture_free(s->sender.pic);
	}
	source_close(s->own_source);
}
