#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "daemons/media/coding/encoder.h"
#include "daemons/media/picture/scene.h"
#include "daemons/media/picture/tone.h"
#include "daemons/media/tool.h"

enum { KEY_SECONDS = 2, OPUS_HEAD = 19, NOISE = 4 };

struct maker {
	const struct tool_make *m;
	struct scene *scene;
	struct picture *pic;
	struct h264enc *venc;
	struct audioenc *aenc;
	AVFormatContext *fmt;
	AVPacket *pkt;
	unsigned nvideo;
	unsigned naudio;
};


static int alloc_all(struct maker *k)
{
	struct h264enc_config cfg = {
		.w = k->m->w, .h = k->m->h, .fps = k->m->fps, .bitrate = k->m->bitrate, .threads = 2,
		.key_interval = k->m->fps * KEY_SECONDS,
	};
	int err = scene_alloc(&k->scene, k->m->name, k->m->w, k->m->h);

	if (!err)
		err = picture_alloc(&k->pic, k->m->w, k->m->h);
	if (!err)
		err = h264enc_alloc(&k->venc, &cfg);
	if (!err)
		err = audioenc_alloc(&k->aenc, "opus", 64000);
	if (!err && !(k->pkt = av_packet_alloc()))
		err = ENOMEM;
	if (!err && avformat_alloc_output_context2(&k->fmt, NULL, "mp4", k->m->path) < 0)
		err = ENOMEM;
	return err;
}


static int extradata(AVCodecParameters *par, const uint8_t *p, size_t n)
{
	par->extradata = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!par->extradata)
		return ENOMEM;
	memcpy(par->extradata, p, n);
	par->extradata_size = (int)n;
	return 0;
}


/* The first picture's access unit holds the parameter sets; the muxer takes
 * them from there. */
static int add_video_stream(struct maker *k, const uint8_t *au, size_t len)
{
	AVStream *st = avformat_new_stream(k->fmt, NULL);

	if (!st)
		return ENOMEM;
	st->time_base = (AVRational){ 1, 90000 };
	st->avg_frame_rate = (AVRational){ (int)k->m->fps, 1 };
	st->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
	st->codecpar->codec_id = AV_CODEC_ID_H264;
	st->codecpar->width = (int)k->m->w;
	st->codecpar->height = (int)k->m->h;
	st->codecpar->bit_rate = k->m->bitrate;
	return extradata(st->codecpar, au, len);
}


static int add_audio_stream(struct maker *k)
{
	AVStream *st = avformat_new_stream(k->fmt, NULL);
	unsigned skip = audioenc_delay_us(k->aenc) * 48 / 1000;
	uint8_t head[OPUS_HEAD] = { 'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 1, (uint8_t)skip, (uint8_t)(skip >> 8),
				    0x80, 0xbb };

	if (!st)
		return ENOMEM;
	st->time_base = (AVRational){ 1, 48000 };
	st->codecpar->codec_type = AVMEDIA_TYPE_AUDIO;
	st->codecpar->codec_id = AV_CODEC_ID_OPUS;
	st->codecpar->sample_rate = 48000;
	st->codecpar->frame_size = AUDIO_FRAME;
	st->codecpar->initial_padding = (int)skip;
	av_channel_layout_default(&st->codecpar->ch_layout, 1);
	return extradata(st->codecpar, head, sizeof(head));
}


static int begin(struct maker *k, const uint8_t *au, size_t len)
{
	AVDictionary *opts = NULL;
	int err = add_video_stream(k, au, len), rc;

	if (!err)
		err = add_audio_stream(k);
	if (err)
		return err;
	if (avio_open(&k->fmt->pb, k->m->path, AVIO_FLAG_WRITE) < 0)
		return errno ? errno : EACCES;
	(void)av_dict_set(&opts, "movflags", "faststart", 0);
	rc = avformat_write_header(k->fmt, &opts);
	av_dict_free(&opts);
	return rc < 0 ? EIO : 0;
}


static int put(struct maker *k, int stream, const uint8_t *p, size_t n, int64_t pts, int64_t dur, bool key)
{
	if (av_new_packet(k->pkt, (int)n) < 0)
		return ENOMEM;
	memcpy(k->pkt->data, p, n);
	k->pkt->stream_index = stream;
	k->pkt->pts = k->pkt->dts = pts;
	k->pkt->duration = dur;
	k->pkt->flags = key ? AV_PKT_FLAG_KEY : 0;
	av_packet_rescale_ts(k->pkt, stream ? (AVRational){ 1, 48000 } : (AVRational){ 1, 90000 },
			     k->fmt->streams[stream]->time_base);
	return av_interleaved_write_frame(k->fmt, k->pkt) < 0 ? (errno ? errno : EIO) : 0;
}


static int one_picture(struct maker *k)
{
	const uint8_t *au;
	size_t len;
	bool key;
	int err;

	scene_render(k->scene, k->pic, TIMECODE_CLIP, (uint64_t)k->nvideo * 1000000 / k->m->fps);
	scene_noise(k->pic, k->nvideo + 1, NOISE);
	err = h264enc_encode(k->venc, k->pic, !k->nvideo, &au, &len, &key);
	if (!err && !k->nvideo)
		err = len ? begin(k, au, len) : EIO;
	if (!err && len)
		err = put(k, 0, au, len, (int64_t)k->nvideo * 90000 / k->m->fps, 90000 / k->m->fps, key);
	k->nvideo++;
	return err;
}


static int one_packet(struct maker *k)
{
	int64_t skip = audioenc_delay_us(k->aenc) * 48 / 1000;
	uint8_t out[AUDIO_PACKET_MAX];
	int16_t pcm[AUDIO_FRAME];
	size_t len;
	int err;

	tone_fill(pcm, AUDIO_FRAME, AUDIO_RATE, (uint64_t)k->naudio * 20000);
	err = audioenc_encode(k->aenc, pcm, out, sizeof(out), &len);
	if (!err)
		err = put(k, 1, out, len, (int64_t)k->naudio * AUDIO_FRAME - skip, AUDIO_FRAME, true);
	k->naudio++;
	return err;
}


static int run(struct maker *k)
{
	unsigned total = k->m->seconds * k->m->fps, audio = k->m->seconds * 50;
	int err = 0;

	while (!err && k->nvideo < total) {
		err = one_picture(k);
		while (!err && k->naudio < audio && (uint64_t)k->naudio * k->m->fps <= (uint64_t)k->nvideo * 50)
			err = one_packet(k);
	}
	if (!err && av_write_trailer(k->fmt) < 0)
		err = EIO;
	return err;
}


int tool_make(const struct tool_make *m)
{
	struct maker k = { .m = m };
	int err = alloc_all(&k);

	av_log_set_level(AV_LOG_QUIET);
	if (!err)
		err = run(&k);
	if (k.fmt && k.fmt->pb)
		(void)avio_closep(&k.fmt->pb);
	avformat_free_context(k.fmt);
	av_packet_free(&k.pkt);
	audioenc_free(k.aenc);
	h264enc_free(k.venc);
	picture_free(k.pic);
	scene_free(k.scene);
	if (err) {
		(void)fprintf(stderr, "visavis-media: %s: %s\n", m->path, strerror(err));
		(void)remove(m->path);
	}
	return err;
}
