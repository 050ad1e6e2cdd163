/* One end of an SRTP video stream, for a foreign program at the other:
 *
 *   srtp_peer send FILE LOCAL PEER KEY FPS   sends an Annex B file
 *   srtp_peer recv FILE LOCAL PEER KEY N     writes N access units
 *
 * LOCAL and PEER are RTP ports on 127.0.0.1; KEY is base64, or "-" for plain
 * RTP. Prints the stream's statistics as JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemons/media/session/session.h"
#include "lib/base/b64.h"
#include "lib/h264/nal.h"

enum { FILE_MAX = 16 << 20, WAIT_S = 60 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static FILE *out;
static unsigned frames, with_time;
static volatile sig_atomic_t stopped;

static void frame_h(struct session_stream *st, const struct media_frame *f,
		    void *arg)
{
	pthread_mutex_lock(&lock);
	if (out)
		(void)fwrite(f->data, 1, f->len, out);
	frames++;
	with_time += f->capture_us != 0;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
}


static struct sockaddr_storage addr(unsigned port)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *sin = (void *)&ss;

	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin->sin_port = htons((uint16_t)port);
	return ss;
}


static int udp(unsigned port)
{
	struct sockaddr_storage ss = addr(port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (void *)&ss, sizeof(struct sockaddr_in))) {
		perror("bind");
		exit(1);
	}
	return fd;
}


static void srtp_set(struct session_srtp *c, const char *key)
{
	if (!strcmp(key, "-"))
		return;
	c->suite = "AES_CM_128_HMAC_SHA1_80";
	c->key_len = sizeof(c->key);
	if (b64_decode(c->key, &c->key_len, key, strlen(key)))
		exit(2);
}


static struct session_stream *start(struct session **sp, char *argv[],
				    bool send)
{
	unsigned local = (unsigned)atoi(argv[3]);
	unsigned peer = (unsigned)atoi(argv[4]);
	struct session_handlers h = { .frame_h = frame_h };
	struct session_stream *st = NULL;
	struct session_stream_config cfg = {
		.kind = MEDIA_VIDEO, .codec = "H264", .clock_rate = 90000,
		.pt_tx = 96, .pt_rx = 96, .ssrc = 0x12345678,
		.cname = "peer", .packetization_mode = 1,
		.bitrate = 8000000, .send = send, .recv = !send,
		.rtp_fd = udp(local), .rtcp_fd = udp(local + 1),
		.peer_rtp = addr(peer), .peer_rtcp = addr(peer + 1),
	};

	srtp_set(&cfg.srtp_tx, argv[5]);
	srtp_set(&cfg.srtp_rx, argv[5]);
	if (session_alloc(sp, &h) || session_stream_add(&st, *sp, &cfg, NULL) ||
	    session_start(*sp)) {
		(void)fprintf(stderr, "the session does not start\n");
		exit(1);
	}
	return st;
}


/* Does a new access unit begin here, after one that has its picture? */
static bool begins(const struct h264_nal *n)
{
	unsigned type = h264_nal_type(n->p[0]);

	if (type >= H264_NAL_SEI && type <= H264_NAL_AUD)
		return true;
	return (type == H264_NAL_SLICE || type == H264_NAL_IDR) &&
		n->len > 1 && (n->p[1] & 0x80);
}


static void frame_send(struct session_stream *st, const uint8_t *p, size_t len,
		       unsigned fps)
{
	struct timespec step = { .tv_nsec = 1000000000 / (long)fps };
	struct media_frame f = { .data = p, .len = len,
		.key = h264_annexb_is_key(p, len) };

	if (session_send(st, &f))
		exit(1);
	frames++;
	(void)nanosleep(&step, NULL);
}


static void file_send(struct session_stream *st, const char *path,
		      unsigned fps)
{
	static uint8_t buf[FILE_MAX];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(buf, 1, sizeof(buf), f) : 0;
	struct h264_nal_iter it;
	struct h264_nal nal;
	const uint8_t *from = buf;
	bool picture = false;

	if (f)
		(void)fclose(f);
	h264_annexb_begin(&it, buf, n);
	while (h264_nal_next(&it, &nal)) {
		unsigned type = h264_nal_type(nal.p[0]);

		if (picture && begins(&nal)) {
			frame_send(st, from, (size_t)(nal.p - 3 - from), fps);
			from = nal.p - 3;
			picture = false;
		}
		picture = picture || type <= H264_NAL_IDR;
	}
	if (picture)
		frame_send(st, from, (size_t)(buf + n - from), fps);
}


static void term_h(int sig)
{
	stopped = 1;
}


/* Until there are n frames, SIGTERM, or a minute has gone. */
static void frames_wait(unsigned n)
{
	struct timespec ts;
	time_t until = time(NULL) + WAIT_S;

	pthread_mutex_lock(&lock);
	while (frames < n && !stopped && time(NULL) < until) {
		(void)clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += 50000000;
		if (ts.tv_nsec >= 1000000000) {
			ts.tv_sec++;
			ts.tv_nsec -= 1000000000;
		}
		(void)pthread_cond_timedwait(&cond, &lock, &ts);
	}
	pthread_mutex_unlock(&lock);
}


int main(int argc, char *argv[])
{
	bool send = argc == 7 && !strcmp(argv[1], "send");
	struct session_stream *st;
	struct session *s;
	json_t *stats;

	if (argc != 7)
		return 2;
	(void)signal(SIGTERM, term_h);
	if (!send)
		out = fopen(argv[2], "wb");
	st = start(&s, argv, send);
	if (send)
		file_send(st, argv[2], (unsigned)atoi(argv[6]));
	else
		frames_wait((unsigned)atoi(argv[6]));
	stats = session_stream_stats(st);
	(void)json_object_set_new(stats, "handed_over",
				  json_integer((json_int_t)frames));
	(void)json_object_set_new(stats, "with_time",
				  json_integer((json_int_t)with_time));
	(void)json_dumpf(stats, stdout, JSON_COMPACT);
	(void)puts("");
	json_decref(stats);
	session_free(s);
	if (out)
		(void)fclose(out);
	return 0;
}
