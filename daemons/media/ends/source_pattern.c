#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/coding/encoder.h"
#include "daemons/media/ends/source.h"
#include "daemons/media/picture/scene.h"
#include "daemons/media/picture/tone.h"

struct pattern {
	struct source s;
	struct scene *scene;
	char host[64];
};


static void pattern_close(struct source *s)
{
	struct pattern *p = (struct pattern *)s;

	scene_free(p->scene);
	free(p);
}


static int pattern_resize(struct source *s, unsigned w, unsigned h)
{
	struct pattern *p = (struct pattern *)s;
	struct scene *scene;
	int err;

	if (p->scene && w == s->format.w && h == s->format.h)
		return 0;
	err = scene_alloc(&scene, p->host, w, h);
	if (err)
		return err;
	scene_free(p->scene);
	p->scene = scene;
	s->format.w = w;
	s->format.h = h;
	return 0;
}


static int parse_format(struct format *f, const char *arg)
{
	int end = 0;

	*f = (struct format){ .w = 1280, .h = 720, .fps = 30 };
	if (!*arg)
		return 0;
	if (sscanf(arg, "%4ux%4u%n", &f->w, &f->h, &end) < 2)
		return EINVAL;
	if (arg[end] == '@' && (sscanf(arg + end, "@%3u%n", &f->fps, &end) != 1 || f->fps < 1 || f->fps > 60))
		return EINVAL;
	return f->w < 128 || f->h < 96 || f->w > PICTURE_MAX_W || f->h > PICTURE_MAX_H || (f->w | f->h) & 1 ? EINVAL : 0;
}


static int pattern_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	struct pattern *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return ENOMEM;
	p->s.ops = &source_pattern_video;
	(void)snprintf(p->host, sizeof(p->host), "%s", host);
	err = parse_format(&p->s.format, arg);
	if (err)
		(void)snprintf(why, size, "pattern:%s: write pattern:1280x720@30", arg);
	if (!err)
		err = pattern_resize(&p->s, p->s.format.w, p->s.format.h);
	if (err)
		pattern_close(&p->s);
	else
		*sp = &p->s;
	return err;
}


static int pattern_picture(struct source *s, struct picture *p, uint64_t us)
{
	scene_render(((struct pattern *)s)->scene, p, TIMECODE_LIVE, us);
	return 0;
}


static int tone_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return ENOMEM;
	s->ops = &source_pattern_audio;
	*sp = s;
	return 0;
}


static void tone_close(struct source *s)
{
	free(s);
}


static int tone_pcm(struct source *s, int16_t *pcm, uint64_t us)
{
	tone_fill(pcm, AUDIO_FRAME, AUDIO_RATE, us);
	return 0;
}


static int slate_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	struct pattern *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->s.ops = &source_slate;
	p->s.format = (struct format){ .w = 1280, .h = 720, .fps = 5 };
	(void)snprintf(p->host, sizeof(p->host), "%s", host);
	*sp = &p->s;
	return 0;
}


static int slate_picture(struct source *s, struct picture *p, uint64_t us)
{
	scene_slate(p, ((struct pattern *)s)->host, "NO PICTURE SOURCE");
	p->capture_us = us;
	return 0;
}


static int slate_resize(struct source *s, unsigned w, unsigned h)
{
	s->format.w = w;
	s->format.h = h;
	return 0;
}


const struct media_source_ops source_pattern_video = {
	.name = "pattern", .kind = MEDIA_VIDEO, .open = pattern_open, .close = pattern_close,
	.picture = pattern_picture, .resize = pattern_resize,
};

const struct media_source_ops source_pattern_audio = {
	.name = "pattern", .kind = MEDIA_AUDIO, .open = tone_open, .close = tone_close, .pcm = tone_pcm,
};

const struct media_source_ops source_slate = {
	.name = "slate", .kind = MEDIA_VIDEO, .open = slate_open, .close = pattern_close, .picture = slate_picture,
	.resize = slate_resize,
};
