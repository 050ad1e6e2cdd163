#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>

#include "daemons/media/ends/source.h"

enum { BUFFERS = 4, WAIT_MS = 100, WIDTH = 1280, HEIGHT = 720, FPS = 30 };

static const struct pixel_format {
	uint32_t v4l2;
	enum AVPixelFormat av;		/* NONE: compressed */
} formats[] = {
	{ V4L2_PIX_FMT_NV12, AV_PIX_FMT_NV12 },
	{ V4L2_PIX_FMT_YUYV, AV_PIX_FMT_YUYV422 },
	{ V4L2_PIX_FMT_MJPEG, AV_PIX_FMT_NONE },
};

struct camera {
	struct source s;
	int fd;
	const struct pixel_format *format;
	unsigned stride;
	unsigned w;			/* as captured */
	unsigned h;
	struct { void *p; size_t len; } buf[BUFFERS];
	unsigned nbuf;
	struct SwsContext *sws;
	enum AVPixelFormat sws_from;
	AVCodecContext *jpeg;
	AVPacket *pkt;
	AVFrame *frame;
};


static int xioctl(int fd, unsigned long req, void *arg)
{
	int rc;

	do {
		rc = ioctl(fd, req, arg);
	} while (rc < 0 && errno == EINTR);
	return rc < 0 ? errno : 0;
}


static void camera_close(struct source *s)
{
	struct camera *c = (struct camera *)s;

	for (unsigned i = 0; i < c->nbuf; i++)
		(void)munmap(c->buf[i].p, c->buf[i].len);
	if (c->fd >= 0)
		(void)close(c->fd);
	sws_freeContext(c->sws);
	avcodec_free_context(&c->jpeg);
	av_packet_free(&c->pkt);
	av_frame_free(&c->frame);
	free(c);
}


static int choose_format(struct camera *c)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

		f.fmt.pix.width = WIDTH;
		f.fmt.pix.height = HEIGHT;
		f.fmt.pix.pixelformat = formats[i].v4l2;
		f.fmt.pix.field = V4L2_FIELD_NONE;
		if (xioctl(c->fd, VIDIOC_S_FMT, &f) || f.fmt.pix.pixelformat != formats[i].v4l2)
			continue;
		c->format = &formats[i];
		c->w = f.fmt.pix.width & ~1u;
		c->h = f.fmt.pix.height & ~1u;
		c->stride = f.fmt.pix.bytesperline;
		return c->w < PICTURE_MIN || c->h < PICTURE_MIN || c->w > PICTURE_MAX_W || c->h > PICTURE_MAX_H ?
			ENOTSUP : 0;
	}
	return ENOTSUP;
}


static void set_rate(struct camera *c)
{
	struct v4l2_streamparm p = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };

	p.parm.capture.timeperframe.numerator = 1;
	p.parm.capture.timeperframe.denominator = FPS;
	(void)xioctl(c->fd, VIDIOC_S_PARM, &p);	/* some cameras have but one rate */
}


static int map_buffers(struct camera *c)
{
	struct v4l2_requestbuffers req = { .count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					   .memory = V4L2_MEMORY_MMAP };
	int err = xioctl(c->fd, VIDIOC_REQBUFS, &req);

	for (unsigned i = 0; !err && i < req.count && i < BUFFERS; i++) {
		struct v4l2_buffer b = { .type = req.type, .memory = req.memory, .index = i };

		err = xioctl(c->fd, VIDIOC_QUERYBUF, &b);
		if (err)
			break;
		c->buf[i].p = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, (off_t)b.m.offset);
		if (c->buf[i].p == MAP_FAILED)
			return errno;
		c->buf[i].len = b.length;
		c->nbuf++;
		err = xioctl(c->fd, VIDIOC_QBUF, &b);
	}
	return err ? err : c->nbuf ? 0 : ENOMEM;
}


static int open_jpeg(struct camera *c)
{
	const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);

	c->jpeg = avcodec_alloc_context3(codec);
	c->pkt = av_packet_alloc();
	c->frame = av_frame_alloc();
	if (!codec || !c->jpeg || !c->pkt || !c->frame)
		return ENOMEM;
	c->jpeg->thread_count = 1;
	return avcodec_open2(c->jpeg, codec, NULL) < 0 ? ENOTSUP : 0;
}


static int setup(struct camera *c)
{
	struct v4l2_capability cap = {0};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE, err = xioctl(c->fd, VIDIOC_QUERYCAP, &cap);
	uint32_t can = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;

	if (err)
		return ENOTTY;
	if (!(can & V4L2_CAP_VIDEO_CAPTURE) || !(can & V4L2_CAP_STREAMING))
		return ENOTSUP;
	err = choose_format(c);
	if (err)
		return err;
	set_rate(c);
	err = map_buffers(c);
	if (!err && c->format->av == AV_PIX_FMT_NONE)
		err = open_jpeg(c);
	return err ? err : xioctl(c->fd, VIDIOC_STREAMON, &type);
}


static int camera_open(struct source **sp, const char *arg, const char *host, char *why, size_t size)
{
	struct camera *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return ENOMEM;
	c->s.ops = &source_camera;
	c->fd = open(arg, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	err = c->fd < 0 ? errno : setup(c);
	if (err) {
		(void)snprintf(why, size, "camera:%s: %s", arg, err == ENOTTY ? "not a camera: v4l2-ctl --list-devices shows them" :
			       err == ENOTSUP ? "gives no NV12, YUYV or MJPEG pictures" : strerror(err));
		camera_close(&c->s);
		return err;
	}
	c->s.format = (struct format){ .w = c->w, .h = c->h, .fps = FPS };
	*sp = &c->s;
	return 0;
}


static int convert(struct camera *c, struct picture *p, const uint8_t *const src[], const int stride[],
		   enum AVPixelFormat from)
{
	int out[3] = { (int)p->stride[0], (int)p->stride[1], (int)p->stride[2] };

	if (!c->sws || c->sws_from != from) {
		sws_freeContext(c->sws);
		c->sws = sws_getContext((int)c->w, (int)c->h, from, (int)p->w, (int)p->h, AV_PIX_FMT_YUV420P,
					SWS_BILINEAR, NULL, NULL, NULL);
		c->sws_from = from;
	}
	if (!c->sws)
		return ENOMEM;
	(void)sws_scale(c->sws, src, stride, 0, (int)c->h, p->p, out);
	return 0;
}


static int convert_jpeg(struct camera *c, struct picture *p, const uint8_t *data, size_t len)
{
	int err;

	if (len > INT32_MAX / 2 || av_new_packet(c->pkt, (int)len) < 0)
		return ENOMEM;
	memcpy(c->pkt->data, data, len);
	err = avcodec_send_packet(c->jpeg, c->pkt) < 0 || avcodec_receive_frame(c->jpeg, c->frame) < 0 ? EAGAIN : 0;
	av_packet_unref(c->pkt);
	if (err)
		return err;
	if ((unsigned)c->frame->width < c->w || (unsigned)c->frame->height < c->h)
		err = EAGAIN;
	else
		err = convert(c, p, (const uint8_t *const *)c->frame->data, c->frame->linesize, c->frame->format);
	av_frame_unref(c->frame);
	return err;
}


static int convert_raw(struct camera *c, struct picture *p, const uint8_t *data, size_t len)
{
	bool nv12 = c->format->av == AV_PIX_FMT_NV12;
	const uint8_t *src[4] = { data, nv12 ? data + (size_t)c->stride * c->h : NULL };
	int stride[4] = { (int)c->stride, nv12 ? (int)c->stride : 0 };

	if (len < (size_t)c->stride * c->h * (nv12 ? 3 : 2) / 2)
		return EAGAIN;
	return convert(c, p, src, stride, c->format->av);
}


/* The newest picture; older ones, which waited while nobody called, go back. */
static int dequeue(struct camera *c, struct v4l2_buffer *b)
{
	struct v4l2_buffer next = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP };
	int err;

	*b = next;
	err = xioctl(c->fd, VIDIOC_DQBUF, b);
	while (!err && !xioctl(c->fd, VIDIOC_DQBUF, &next)) {
		err = xioctl(c->fd, VIDIOC_QBUF, b);
		*b = next;
	}
	if (!err && b->index >= c->nbuf)
		return EIO;
	return err == EAGAIN || !err ? err : EIO;
}


static int camera_picture(struct source *s, struct picture *p, uint64_t us)
{
	struct camera *c = (struct camera *)s;
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	struct v4l2_buffer b;
	int err;

	if (poll(&pfd, 1, WAIT_MS) <= 0)
		return EAGAIN;
	err = dequeue(c, &b);
	if (err)
		return err;
	if (b.bytesused > c->buf[b.index].len)
		b.bytesused = (uint32_t)c->buf[b.index].len;
	if (c->format->av == AV_PIX_FMT_NONE)
		err = convert_jpeg(c, p, c->buf[b.index].p, b.bytesused);
	else
		err = convert_raw(c, p, c->buf[b.index].p, b.bytesused);
	return xioctl(c->fd, VIDIOC_QBUF, &b) ? EIO : err;
}


static int camera_resize(struct source *s, unsigned w, unsigned h)
{
	struct camera *c = (struct camera *)s;

	sws_freeContext(c->sws);
	c->sws = NULL;
	s->format.w = w;
	s->format.h = h;
	return 0;
}


const struct media_source_ops source_camera = {
	.name = "camera", .kind = MEDIA_VIDEO, .open = camera_open, .close = camera_close, .picture = camera_picture,
	.resize = camera_resize,
};
