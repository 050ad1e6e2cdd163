#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libavcodec/avcodec.h>

#include "daemons/media/coding/g722.h"

struct g722 {
	AVCodecContext *ctx;
	AVPacket *pkt;
	AVFrame *frame;
};


int g722_alloc(struct g722 **gp, bool encoder)
{
	const AVCodec *c = encoder ? avcodec_find_encoder(AV_CODEC_ID_ADPCM_G722)
				   : avcodec_find_decoder(AV_CODEC_ID_ADPCM_G722);
	struct g722 *g = calloc(1, sizeof(*g));

	if (!g)
		return ENOMEM;
	g->ctx = avcodec_alloc_context3(c);
	g->pkt = av_packet_alloc();
	g->frame = av_frame_alloc();
	if (!c || !g->ctx || !g->pkt || !g->frame)
		goto fail;
	g->ctx->sample_rate = 16000;
	g->ctx->sample_fmt = AV_SAMPLE_FMT_S16;
	g->ctx->frame_size = 320;
	av_channel_layout_default(&g->ctx->ch_layout, 1);
	if (avcodec_open2(g->ctx, c, NULL) < 0)
		goto fail;
	*gp = g;
	return 0;
 fail:
	g722_free(g);
	return ENOTSUP;
}


void g722_free(struct g722 *g)
{
	if (!g)
		return;
	avcodec_free_context(&g->ctx);
	av_packet_free(&g->pkt);
	av_frame_free(&g->frame);
	free(g);
}


int g722_encode(struct g722 *g, const int16_t *pcm, size_t n, uint8_t *out, size_t max, size_t *len)
{
	int err = EIO;

	av_frame_unref(g->frame);
	g->frame->nb_samples = (int)n;
	g->frame->format = AV_SAMPLE_FMT_S16;
	g->frame->sample_rate = 16000;
	av_channel_layout_default(&g->frame->ch_layout, 1);
	if (av_frame_get_buffer(g->frame, 0) < 0)
		return ENOMEM;
	memcpy(g->frame->data[0], pcm, n * sizeof(*pcm));
	if (avcodec_send_frame(g->ctx, g->frame) < 0 || avcodec_receive_packet(g->ctx, g->pkt) < 0)
		return EIO;
	if ((size_t)g->pkt->size <= max) {
		memcpy(out, g->pkt->data, (size_t)g->pkt->size);
		*len = (size_t)g->pkt->size;
		err = 0;
	}
	av_packet_unref(g->pkt);
	return err;
}


int g722_decode(struct g722 *g, const uint8_t *data, size_t len, int16_t *pcm, size_t *n)
{
	size_t got;

	if (av_new_packet(g->pkt, (int)len) < 0)
		return ENOMEM;
	memcpy(g->pkt->data, data, len);
	if (avcodec_send_packet(g->ctx, g->pkt) < 0 || avcodec_receive_frame(g->ctx, g->frame) < 0) {
		av_packet_unref(g->pkt);
		return EBADMSG;
	}
	av_packet_unref(g->pkt);
	got = (size_t)g->frame->nb_samples < *n ? (size_t)g->frame->nb_samples : *n;
	memcpy(pcm, g->frame->data[0], got * sizeof(*pcm));
	*n = got;
	av_frame_unref(g->frame);
	return 0;
}
