#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemons/media/ends/source.h"

/* The sender walks the clip by itself (sender_clip.c); what is here opens it. */


static int file_open(struct source **sp, const char *arg, char *why, size_t size, const struct media_source_ops *ops)
{
	struct source *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return ENOMEM;
	s->ops = ops;
	(void)snprintf(s->path, sizeof(s->path), "%s", arg);
	err = clip_open(&s->clip, arg, why, size);
	if (err) {
		free(s);
		return err == EINVAL ? EBADMSG : err;
	}
	s->format = (struct format){ .w = s->clip->sps.width, .h = s->clip->sps.height, .fps = s->clip->fps };
	*sp = s;
	return 0;
}


static int video_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	return file_open(sp, arg, why, size, &source_file_video);
}


static int audio_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	return file_open(sp, arg, why, size, &source_file_audio);
}


static void file_close(struct source *s)
{
	clip_free(s->clip);
	free(s);
}


const struct media_source_ops source_file_video = {
	.name = "file", .kind = MEDIA_VIDEO, .open = video_open, .close = file_close,
};

const struct media_source_ops source_file_audio = {
	.name = "file", .kind = MEDIA_AUDIO, .open = audio_open, .close = file_close,
};
