#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

#include "daemons/media/picture/pngfile.h"

struct pngfile {
	AVCodecContext *ctx;
	struct SwsContext *sws;
	AVFrame *rgb;
	AVPacket *pkt;
};


int pngfile_alloc(struct pngfile **pp)
{
	struct pngfile *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->pkt = av_packet_alloc();
	if (!p->pkt) {
		free(p);
		return ENOMEM;
	}
	*pp = p;
	return 0;
}


void pngfile_free(struct pngfile *p)
{
	if (!p)
		return;
	avcodec_free_context(&p->ctx);
	sws_freeContext(p->sws);
	av_frame_free(&p->rgb);
	av_packet_free(&p->pkt);
	free(p);
}


static int prepare(struct pngfile *p, const struct picture *pic)
{
	const AVCodec *c = avcodec_find_encoder(AV_CODEC_ID_PNG);
	const int *bt709 = sws_getCoefficients(SWS_CS_ITU709);

	if (p->rgb && p->rgb->width == (int)pic->w && p->rgb->height == (int)pic->h)
		return 0;
	avcodec_free_context(&p->ctx);
	av_frame_free(&p->rgb);
	sws_freeContext(p->sws);
	p->sws = sws_getContext((int)pic->w, (int)pic->h, AV_PIX_FMT_YUV420P, (int)pic->w, (int)pic->h,
				AV_PIX_FMT_RGB24, SWS_BILINEAR, NULL, NULL, NULL);
	p->rgb = av_frame_alloc();
	p->ctx = avcodec_alloc_context3(c);
	if (!c || !p->sws || !p->rgb || !p->ctx)
		goto fail;
	(void)sws_setColorspaceDetails(p->sws, bt709, 0, bt709, 0, 0, 1 << 16, 1 << 16);
	p->rgb->width = p->ctx->width = (int)pic->w;
	p->rgb->height = p->ctx->height = (int)pic->h;
	p->rgb->format = p->ctx->pix_fmt = AV_PIX_FMT_RGB24;
	p->ctx->time_base = (AVRational){ 1, 1 };
	p->ctx->compression_level = 3;
	p->ctx->thread_count = 1;
	if (av_frame_get_buffer(p->rgb, 0) >= 0 && avcodec_open2(p->ctx, c, NULL) >= 0)
		return 0;
 fail:
	av_frame_free(&p->rgb);
	return ENOMEM;
}


static int write_all(int fd, const uint8_t *b, size_t n)
{
	while (n) {
		ssize_t w = write(fd, b, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return w ? errno : EIO;
		b += w;
		n -= (size_t)w;
	}
	return 0;
}


static int store(int dirfd, const char *name, const uint8_t *b, size_t n)
{
	char tmp[80];
	int fd, err;

	if (snprintf(tmp, sizeof(tmp), ".%s.part", name) >= (int)sizeof(tmp))
		return ENAMETOOLONG;
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return errno;
	err = write_all(fd, b, n);
	if (close(fd) && !err)
		err = errno;
	if (!err && renameat(dirfd, tmp, dirfd, name))
		err = errno;
	if (err)
		(void)unlinkat(dirfd, tmp, 0);
	return err;
}


int pngfile_write(struct pngfile *p, int dirfd, const char *name, const struct picture *pic)
{
	const uint8_t *src[3] = { pic->p[0], pic->p[1], pic->p[2] };
	int stride[3] = { (int)pic->stride[0], (int)pic->stride[1], (int)pic->stride[2] };
	int err = prepare(p, pic);

	if (err)
		return err;
	if (av_frame_make_writable(p->rgb) < 0)
		return ENOMEM;
	(void)sws_scale(p->sws, src, stride, 0, (int)pic->h, p->rgb->data, p->rgb->linesize);
	if (avcodec_send_frame(p->ctx, p->rgb) < 0 || avcodec_receive_packet(p->ctx, p->pkt) < 0)
		return EIO;
	err = store(dirfd, name, p->pkt->data, (size_t)p->pkt->size);
	av_packet_unref(p->pkt);
	return err;
}
