#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "daemons/media/coding/clip_read.h"
#include "lib/h264/nal.h"

enum { IO_BUF = 64 << 10, PCM_MAX = 48000 * 60 * 30, FPS_DEFAULT = 30 };

struct reader {
	struct clip *c;
	off_t pos;
	AVIOContext *io;
	AVFormatContext *fmt;
	AVBSFContext *bsf;
	AVCodecContext *adec;
	SwrContext *swr;
	AVPacket *pkt;
	AVFrame *frame;
	int vi;			/* stream indices, -1: none */
	int ai;
	double fps;		/* of a stream without times */
};


static int io_read(void *arg, uint8_t *buf, int size)
{
	struct reader *r = arg;
	ssize_t n = pread(r->c->fd, buf, (size_t)size, r->pos);

	if (n < 0)
		return AVERROR(errno);
	r->pos += n;
	return n ? (int)n : AVERROR_EOF;
}


static int64_t io_seek(void *arg, int64_t off, int whence)
{
	struct reader *r = arg;

	whence &= ~AVSEEK_FORCE;
	if (whence == AVSEEK_SIZE)
		return r->c->size;
	if (whence == SEEK_CUR)
		off += r->pos;
	else if (whence == SEEK_END)
		off += r->c->size;
	if (off < 0)
		return AVERROR(EINVAL);
	r->pos = off;
	return off;
}


/* Only these demuxers, and no protocol: a file must not name another file. */
static int open_format(struct reader *r)
{
	uint8_t *buf = av_malloc(IO_BUF);
	AVDictionary *opts = NULL;
	int rc;

	r->io = buf ? avio_alloc_context(buf, IO_BUF, 0, r, io_read, NULL, io_seek) : NULL;
	r->fmt = avformat_alloc_context();
	if (!r->io || !r->fmt) {
		if (!r->io)
			av_free(buf);
		return ENOMEM;
	}
	r->fmt->pb = r->io;
	r->fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
	(void)av_dict_set(&opts, "format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,h264", 0);
	(void)av_dict_set(&opts, "protocol_whitelist", "none", 0);
	rc = avformat_open_input(&r->fmt, "", NULL, &opts);
	av_dict_free(&opts);
	if (rc < 0)
		return rc == AVERROR(ENOMEM) ? ENOMEM : EBADMSG;
	return avformat_find_stream_info(r->fmt, NULL) < 0 ? EBADMSG : 0;
}


static int open_video(struct reader *r)
{
	const AVBitStreamFilter *f = av_bsf_get_by_name("h264_mp4toannexb");
	AVStream *st;

	r->vi = av_find_best_stream(r->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	if (r->vi < 0)
		return EBADMSG;
	st = r->fmt->streams[r->vi];
	if (st->codecpar->codec_id != AV_CODEC_ID_H264)
		return EBADMSG;
	r->fps = av_q2d(st->avg_frame_rate);
	if (!f || av_bsf_alloc(f, &r->bsf) < 0)
		return ENOMEM;
	if (avcodec_parameters_copy(r->bsf->par_in, st->codecpar) < 0)
		return ENOMEM;
	r->bsf->time_base_in = st->time_base;
	return av_bsf_init(r->bsf) < 0 ? EBADMSG : 0;
}


/* Sound that cannot be read is left out: the pictures can still be sent. */
static void open_audio(struct reader *r)
{
	const AVCodec *c;

	r->ai = av_find_best_stream(r->fmt, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
	if (r->ai < 0)
		return;
	r->c->audio_opus = r->fmt->streams[r->ai]->codecpar->codec_id == AV_CODEC_ID_OPUS;
	c = avcodec_find_decoder(r->fmt->streams[r->ai]->codecpar->codec_id);
	r->adec = avcodec_alloc_context3(c);
	if (!c || !r->adec || avcodec_parameters_to_context(r->adec, r->fmt->streams[r->ai]->codecpar) < 0)
		goto none;
	r->adec->pkt_timebase = r->fmt->streams[r->ai]->time_base;
	if (avcodec_open2(r->adec, c, NULL) >= 0)
		return;
 none:
	avcodec_free_context(&r->adec);
	r->ai = -1;
}


static int append(struct clip *c, const void *p, size_t n)
{
	if (n > CLIP_MAX - c->len)
		return EFBIG;
	if (c->len + n > c->cap) {
		size_t cap = (c->len + n) * 2;
		uint8_t *data = realloc(c->data, cap);

		if (!data)
			return ENOMEM;
		c->data = data;
		c->cap = cap;
	}
	memcpy(c->data + c->len, p, n);
	c->len += n;
	return 0;
}


static int track_add(struct clip_track *t, struct clip_packet pkt)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 512;
		struct clip_packet *v;

		if (t->n >= CLIP_PACKETS_MAX)
			return EFBIG;
		v = realloc(t->v, cap * sizeof(*v));
		if (!v)
			return ENOMEM;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = pkt;
	return 0;
}


/* Look for parameter sets and an IDR; the first sets found are kept. */
static void inspect(struct clip *c, const uint8_t *p, size_t len, bool *idr, bool *sets)
{
	struct h264_nal_iter it;
	struct h264_nal nal;
	bool first = !c->sets_len;

	*idr = *sets = false;
	h264_annexb_begin(&it, p, len);
	while (h264_nal_next(&it, &nal)) {
		unsigned type = h264_nal_type(nal.p[0]);

		*idr |= type == H264_NAL_IDR;
		*sets |= type == H264_NAL_SPS;
		if (!first || (type != H264_NAL_SPS && type != H264_NAL_PPS))
			continue;
		if (type == H264_NAL_SPS && h264_sps_parse(&c->sps, nal.p, nal.len))
			continue;
		(void)h264_annexb_append(c->sets, &c->sets_len, sizeof(c->sets), &nal);
	}
}


static int64_t to_us(int64_t t, AVRational tb)
{
	return t == AV_NOPTS_VALUE ? AV_NOPTS_VALUE : av_rescale_q(t, tb, (AVRational){ 1, 1000000 });
}


static int add_video(struct reader *r, const AVPacket *pkt)
{
	struct clip *c = r->c;
	AVRational tb = r->fmt->streams[r->vi]->time_base;
	double fps = h264_sps_fps(&c->sps) > 1.0 ? h264_sps_fps(&c->sps) : r->fps > 1.0 ? r->fps : FPS_DEFAULT;
	struct clip_packet cp = { .off = c->len };
	bool sets;
	int err = 0;

	inspect(c, pkt->data, (size_t)pkt->size, &cp.key, &sets);
	cp.pts_us = to_us(pkt->pts, tb);
	cp.dts_us = to_us(pkt->dts, tb);
	if (cp.pts_us == AV_NOPTS_VALUE)
		cp.pts_us = cp.dts_us = (int64_t)((double)c->video.n * 1e6 / fps);
	if (cp.dts_us == AV_NOPTS_VALUE)
		cp.dts_us = cp.pts_us;
	if (cp.key && !sets)
		err = append(c, c->sets, c->sets_len);
	if (!err)
		err = append(c, pkt->data, (size_t)pkt->size);
	cp.len = c->len - cp.off;
	return err ? err : track_add(&c->video, cp);
}


static int filter_video(struct reader *r)
{
	int err = 0;

	if (av_bsf_send_packet(r->bsf, r->pkt) < 0) {
		av_packet_unref(r->pkt);
		r->c->truncated = true;
		return 0;
	}
	while (!err && !av_bsf_receive_packet(r->bsf, r->pkt)) {
		err = add_video(r, r->pkt);
		av_packet_unref(r->pkt);
	}
	return err;
}


static int pcm_room(struct clip *c, size_t n)
{
	size_t cap = (c->npcm + n) * 2;
	int16_t *v;

	if (c->npcm + n > PCM_MAX)
		return EFBIG;
	if (c->npcm + n <= c->pcm_cap)
		return 0;
	v = realloc(c->pcm, cap * sizeof(*v));
	if (!v)
		return ENOMEM;
	c->pcm = v;
	c->pcm_cap = cap;
	return 0;
}


static int resample_frame(struct reader *r)
{
	AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
	uint8_t *out;
	int n, err;

	if (!r->swr && (swr_alloc_set_opts2(&r->swr, &mono, AV_SAMPLE_FMT_S16, 48000, &r->frame->ch_layout,
					    r->frame->format, r->frame->sample_rate, 0, NULL) < 0 ||
			swr_init(r->swr) < 0))
		return EBADMSG;
	n = swr_get_out_samples(r->swr, r->frame->nb_samples);
	err = n < 0 ? EBADMSG : pcm_room(r->c, (size_t)n);
	if (err)
		return err;
	out = (uint8_t *)(r->c->pcm + r->c->npcm);
	n = swr_convert(r->swr, &out, n, (const uint8_t **)r->frame->extended_data, r->frame->nb_samples);
	r->c->npcm += n > 0 ? (size_t)n : 0;
	return 0;
}


static int add_audio(struct reader *r)
{
	AVRational tb = r->fmt->streams[r->ai]->time_base;
	struct clip_packet cp = { .off = r->c->len, .len = (size_t)r->pkt->size, .key = true };
	int err = 0;

	cp.pts_us = cp.dts_us = r->pkt->pts == AV_NOPTS_VALUE ? (int64_t)r->c->audio.n * 20000 : to_us(r->pkt->pts, tb);
	if (r->c->audio_opus) {
		err = append(r->c, r->pkt->data, cp.len);
		if (!err)
			err = track_add(&r->c->audio, cp);
	}
	if (!err && avcodec_send_packet(r->adec, r->pkt) >= 0)
		while (!err && !avcodec_receive_frame(r->adec, r->frame)) {
			err = resample_frame(r);
			av_frame_unref(r->frame);
		}
	/* long or strange sound is cut; the pictures go on */
	return err == EFBIG || err == EBADMSG ? 0 : err;
}


static int read_packets(struct reader *r)
{
	int err = 0;

	while (!err && av_read_frame(r->fmt, r->pkt) >= 0) {
		if (r->pkt->flags & AV_PKT_FLAG_CORRUPT)
			r->c->truncated = true;
		else if (r->pkt->stream_index == r->vi)
			err = filter_video(r);
		else if (r->pkt->stream_index == r->ai)
			err = add_audio(r);
		av_packet_unref(r->pkt);
	}
	if ((int64_t)r->c->video.n < r->fmt->streams[r->vi]->nb_frames)
		r->c->truncated = true;
	return err;
}


int clip_read(struct clip *c)
{
	struct reader r = { .c = c, .vi = -1, .ai = -1 };
	int err = ENOMEM;

	r.pkt = av_packet_alloc();
	r.frame = av_frame_alloc();
	if (!r.pkt || !r.frame)
		goto out;
	err = open_format(&r);
	if (!err)
		err = open_video(&r);
	if (err)
		goto out;
	open_audio(&r);
	err = read_packets(&r);
 out:
	av_packet_free(&r.pkt);
	av_frame_free(&r.frame);
	swr_free(&r.swr);
	avcodec_free_context(&r.adec);
	av_bsf_free(&r.bsf);
	avformat_close_input(&r.fmt);
	if (r.io)
		av_freep(&r.io->buffer);
	avio_context_free(&r.io);
	return err;
}
