#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libavutil/log.h>

#include "daemons/media/coding/clip.h"
#include "daemons/media/coding/clip_read.h"


static int __attribute__((format(printf, 4, 5)))
fail(char *why, size_t size, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return err;
}


static int open_file(struct clip *c, const char *path, char *why, size_t size)
{
	struct stat st;

	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (c->fd < 0)
		return fail(why, size, errno, "%s: %s: give an MP4 or .h264 file that uid %u can read", path,
			    strerror(errno), (unsigned)geteuid());
	if (fstat(c->fd, &st) || !S_ISREG(st.st_mode))
		return fail(why, size, EBADMSG, "%s: not a file: give an MP4 or .h264 file", path);
	if (st.st_size > CLIP_MAX)
		return fail(why, size, EFBIG, "%s: larger than %d MB: cut it or lower its bit rate", path,
			    CLIP_MAX >> 20);
	c->size = st.st_size;
	c->mtime = st.st_mtim;
	return 0;
}


/* Times count from the first picture; the clip lasts to the end of the last. */
static void normalise(struct clip *c)
{
	int64_t pts0 = INT64_MAX, dts0 = c->video.v[0].dts_us, last = 0;

	for (size_t i = 0; i < c->video.n; i++)
		pts0 = c->video.v[i].pts_us < pts0 ? c->video.v[i].pts_us : pts0;
	for (size_t i = 0; i < c->video.n; i++) {
		c->video.v[i].pts_us -= pts0;
		c->video.v[i].dts_us -= dts0;
		last = c->video.v[i].pts_us > last ? c->video.v[i].pts_us : last;
	}
	for (size_t i = 0; i < c->audio.n; i++) {
		c->audio.v[i].pts_us -= pts0;
		c->audio.v[i].dts_us -= pts0;
	}
	if (c->video.n > 1)
		c->fps = (unsigned)(((int64_t)(c->video.n - 1) * 1000000 + last / 2) / (last > 0 ? last : 1));
	c->fps = c->fps < 1 ? 1 : c->fps > 120 ? 120 : c->fps;
	c->duration_us = last + 1000000 / (int64_t)c->fps;
	/* a frame's length is rounded in most files; whole frames keep loops even */
	c->duration_us = (c->duration_us * (int64_t)c->fps + 500000) / 1000000 * 1000000 / (int64_t)c->fps;
}


int clip_open(struct clip **cp, const char *path, char *why, size_t whysize)
{
	struct clip *c = calloc(1, sizeof(*c));
	size_t first;
	int err;

	if (!c)
		return fail(why, whysize, ENOMEM, "%s: out of memory", path);
	av_log_set_level(AV_LOG_QUIET);
	c->fd = -1;
	err = open_file(c, path, why, whysize);
	if (err)
		goto out;
	err = clip_read(c);
	first = clip_next_key(c, 0);
	if (!err && first == c->video.n)
		err = EBADMSG;
	if (err) {
		(void)fail(why, whysize, err, "%s: %s", path, err == ENOMEM ? "out of memory" : err == EFBIG ?
			   "too many packets: cut it" :
			   "no H.264 picture in it: give an MP4 or .h264 file that is whole");
		goto out;
	}
	if (first) {
		memmove(c->video.v, c->video.v + first, (c->video.n - first) * sizeof(*c->video.v));
		c->video.n -= first;
	}
	normalise(c);
 out:
	if (err)
		clip_free(c);
	else
		*cp = c;
	return err;
}


void clip_free(struct clip *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		(void)close(c->fd);
	free(c->data);
	free(c->video.v);
	free(c->audio.v);
	free(c->pcm);
	free(c);
}


bool clip_changed(const struct clip *c)
{
	struct stat st;

	return fstat(c->fd, &st) || st.st_size != c->size || st.st_mtim.tv_sec != c->mtime.tv_sec ||
	       st.st_mtim.tv_nsec != c->mtime.tv_nsec || !st.st_nlink;
}


size_t clip_next_key(const struct clip *c, size_t i)
{
	while (i < c->video.n && !c->video.v[i].key)
		i++;
	return i;
}


void clip_pcm(const struct clip *c, int64_t us, int16_t *pcm, size_t n)
{
	int64_t total = c->duration_us * 48 / 1000, i;

	if (total <= 0) {
		memset(pcm, 0, n * sizeof(*pcm));
		return;
	}
	i = us * 48 / 1000 % total;
	for (size_t k = 0; k < n; k++) {
		pcm[k] = i >= 0 && (size_t)i < c->npcm ? c->pcm[i] : 0;
		i = i + 1 == total ? 0 : i + 1;
	}
}
