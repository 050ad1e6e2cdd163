#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavutil/log.h>

#include "daemons/media/coding/decoder.h"

struct h264dec {
	AVCodecContext *ctx;
	AVPacket *pkt;
	AVFrame *frame;
};


/* Frame threads would hold pictures back; slices cost no delay. */
static int context_open(struct h264dec *d)
{
	const AVCodec *c = avcodec_find_decoder(AV_CODEC_ID_H264);

	d->ctx = avcodec_alloc_context3(c);
	if (!c || !d->ctx)
		return ENOTSUP;
	d->ctx->thread_count = 1;
	d->ctx->thread_type = FF_THREAD_SLICE;
	d->ctx->flags |= AV_CODEC_FLAG_LOW_DELAY;
	d->ctx->max_pixels = (int64_t)PICTURE_MAX_W * PICTURE_MAX_H;
	d->ctx->err_recognition = AV_EF_CAREFUL;
	return avcodec_open2(d->ctx, c, NULL) < 0 ? ENOTSUP : 0;
}


int h264dec_alloc(struct h264dec **dp)
{
	struct h264dec *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return ENOMEM;
	av_log_set_level(AV_LOG_QUIET);
	d->pkt = av_packet_alloc();
	d->frame = av_frame_alloc();
	err = d->pkt && d->frame ? context_open(d) : ENOMEM;
	if (err)
		h264dec_free(d);
	else
		*dp = d;
	return err;
}


void h264dec_free(struct h264dec *d)
{
	if (!d)
		return;
	avcodec_free_context(&d->ctx);
	av_packet_free(&d->pkt);
	av_frame_free(&d->frame);
	free(d);
}


void h264dec_flush(struct h264dec *d)
{
	avcodec_flush_buffers(d->ctx);
}


static int deliver(const AVFrame *f, void (*h)(const struct picture *p, bool key, void *arg), void *arg)
{
	struct picture p = {
		.w = (unsigned)f->width & ~1u, .h = (unsigned)f->height & ~1u,
		.capture_us = f->pts == AV_NOPTS_VALUE ? 0 : (uint64_t)f->pts,
	};

	if (f->format != AV_PIX_FMT_YUV420P && f->format != AV_PIX_FMT_YUVJ420P)
		return ENOTSUP;
	if (p.w < PICTURE_MIN || p.h < PICTURE_MIN || p.w > PICTURE_MAX_W || p.h > PICTURE_MAX_H)
		return ENOTSUP;
	for (int i = 0; i < 3; i++) {
		p.p[i] = f->data[i];
		p.stride[i] = (unsigned)f->linesize[i];
	}
	h(&p, f->key_frame, arg);
	return 0;
}


static int receive(struct h264dec *d, void (*h)(const struct picture *p, bool key, void *arg), void *arg)
{
	int err = 0;

	while (!avcodec_receive_frame(d->ctx, d->frame)) {
		int e = deliver(d->frame, h, arg);

		if (!e && (d->frame->decode_error_flags || d->frame->flags & AV_FRAME_FLAG_CORRUPT))
			e = EBADMSG;
		av_frame_unref(d->frame);
		if (e)
			err = e;
	}
	return err;
}


int h264dec_decode(struct h264dec *d, const uint8_t *au, size_t len, uint64_t capture_us,
		   void (*h)(const struct picture *p, bool key, void *arg), void *arg)
{
	int err = 0, r;

	if (!len || len > INT32_MAX / 2)
		return EBADMSG;
	if (av_new_packet(d->pkt, (int)len) < 0)
		return ENOMEM;
	memcpy(d->pkt->data, au, len);
	d->pkt->pts = (int64_t)capture_us;
	if (avcodec_send_packet(d->ctx, d->pkt) < 0)
		err = EBADMSG;
	av_packet_unref(d->pkt);
	r = receive(d, h, arg);
	return r ? r : err;
}


void h264dec_drain(struct h264dec *d, void (*h)(const struct picture *p, bool key, void *arg), void *arg)
{
	(void)avcodec_send_packet(d->ctx, NULL);
	(void)receive(d, h, arg);
	avcodec_flush_buffers(d->ctx);
}
