#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemons/media/coding/clip.h"
#include "daemons/media/coding/decoder.h"
#include "daemons/media/picture/hash.h"
#include "daemons/media/picture/pngfile.h"
#include "daemons/media/picture/timecode.h"
#include "daemons/media/tool.h"

enum { PICTURE_EVERY_US = 5000000 };

struct decode {
	FILE *hashes;
	int dirfd;
	struct pngfile *png;
	unsigned n;
	int64_t next_picture;
	int err;
};


static void picture_h(const struct picture *p, bool key, void *arg)
{
	struct decode *d = arg;
	struct timecode tc;
	char hex[33], name[40];

	if (d->hashes)
		(void)fprintf(d->hashes, "%s\t%llu\t%d\t%u\t%u\n", hash_picture(p, hex),
			      (unsigned long long)p->capture_us, key, p->w, p->h);
	if (d->png && !d->err && (int64_t)p->capture_us >= d->next_picture) {
		unsigned long long us = timecode_read(&tc, p) ? p->capture_us : tc.us;

		(void)snprintf(name, sizeof(name), "clip-%llu.png", us);
		d->err = pngfile_write(d->png, d->dirfd, name, p);
		d->next_picture += PICTURE_EVERY_US;
	}
	d->n++;
}


static int open_outputs(struct decode *d, const char *hashes, const char *pictures)
{
	if (hashes && !(d->hashes = fopen(hashes, "we"))) {
		(void)fprintf(stderr, "visavis-media: %s: %s\n", hashes, strerror(errno));
		return errno;
	}
	if (d->hashes)
		(void)fprintf(d->hashes, "# md5\tmedia_us\tkey\tw\th\n");
	if (!pictures)
		return 0;
	d->dirfd = open(pictures, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dirfd < 0) {
		(void)fprintf(stderr, "visavis-media: %s: %s: give a folder\n", pictures, strerror(errno));
		return errno;
	}
	return pngfile_alloc(&d->png);
}


static int decode_all(struct decode *d, const struct clip *c)
{
	struct h264dec *dec;
	int err = h264dec_alloc(&dec), bad = 0;

	if (err)
		return err;
	for (size_t i = 0; i < c->video.n; i++) {
		const struct clip_packet *v = &c->video.v[i];

		if (h264dec_decode(dec, c->data + v->off, v->len, (uint64_t)v->pts_us, picture_h, d))
			bad++;
	}
	h264dec_drain(dec, picture_h, d);
	h264dec_free(dec);
	(void)printf("%u pictures of %ux%u at %u/s, %d damaged, %.3f s%s\n", d->n, c->sps.width, c->sps.height, c->fps,
		     bad, (double)c->duration_us / 1e6, c->truncated ? ", the file is truncated" : "");
	return bad ? EBADMSG : 0;
}


int tool_decode(const char *path, const char *hashes, const char *pictures)
{
	struct decode d = { .dirfd = -1 };
	struct clip *c = NULL;
	char why[512];
	int err = clip_open(&c, path, why, sizeof(why));

	if (err) {
		(void)fprintf(stderr, "visavis-media: %s\n", why);
		return err;
	}
	err = open_outputs(&d, hashes, pictures);
	if (!err)
		err = decode_all(&d, c);
	if (d.hashes && fclose(d.hashes) && !err)
		err = errno;
	if (!err && d.err) {
		(void)fprintf(stderr, "visavis-media: %s: %s\n", pictures, strerror(d.err));
		err = d.err;
	}
	if (d.dirfd >= 0)
		(void)close(d.dirfd);
	pngfile_free(d.png);
	clip_free(c);
	return err;
}
