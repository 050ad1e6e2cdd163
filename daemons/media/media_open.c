/* What init does: everything that needs rights, and everything that is slow. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/media/coding/audio_codec.h"
#include "daemons/media/media.h"
#include "io/log.h"

enum { WARM_PICTURES = 2 };


static bool is_empty(int fd)
{
	int d = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = d < 0 ? NULL : fdopendir(d);
	const struct dirent *e;
	bool empty = true;

	if (!dir) {
		if (d >= 0)
			(void)close(d);
		return false;
	}
	while (empty && (e = readdir(dir)))
		empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	(void)closedir(dir);
	return empty;
}


/* Pictures are written as another user when we are root. A folder is handed
 * over only when it is empty or ours already: any other gets one below it. */
static int hand_over(struct media *m)
{
	struct stat st;
	int fd;

	if (geteuid() || m->sandbox == SANDBOX_OFF || fstat(m->dirfd, &st) || st.st_uid == SANDBOX_UID)
		return 0;
	if (!is_empty(m->dirfd)) {
		(void)mkdirat(m->dirfd, "media", 0755);
		fd = openat(m->dirfd, "media", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			return errno;
		(void)close(m->dirfd);
		m->dirfd = fd;
		(void)snprintf(m->dir, sizeof(m->dir), "%s/media", m->cfg.out_dir);
	}
	/* fails where that user does not exist; then we stay who we are */
	if (fchown(m->dirfd, SANDBOX_UID, SANDBOX_UID) && errno != EINVAL && errno != EPERM)
		return errno;
	return 0;
}


static int open_folder(struct media *m, char *why, size_t size)
{
	int err = 0, fd;

	m->dirfd = -1;
	if (!m->cfg.out_dir[0])
		return 0;
	(void)mkdir(m->cfg.out_dir, 0755);
	m->dirfd = open(m->cfg.out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dirfd < 0)
		err = errno;
	(void)snprintf(m->dir, sizeof(m->dir), "%s", m->cfg.out_dir);
	/* first the folder's owner, then the file: a folder with one is not empty */
	fd = err ? -1 : dup(m->dirfd);
	if (!err)
		err = fd < 0 ? errno : hand_over(m);
	if (!err && m->cfg.log_frames) {
		int f = openat(fd, "frames.tsv", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

		m->frames = f < 0 ? NULL : fdopen(f, "w");
		if (!m->frames)
			err = errno;
		else
			(void)fprintf(m->frames, "# md5\tcapture_us\tshown_us\tkey\tw\th\n");
	}
	if (fd >= 0)
		(void)close(fd);
	if (err)
		(void)snprintf(why, size, "out_dir %s: %s", m->cfg.out_dir, strerror(err));
	return err;
}


static int open_sources(struct media *m, char *why, size_t size)
{
	int err = source_open(&m->vsrc, MEDIA_VIDEO, m->cfg.video_source, m->cfg.host, m->vsrc_why,
			      sizeof(m->vsrc_why));

	if (err)
		(void)snprintf(why, size, "%s", m->vsrc_why);
	if (!err) {
		err = source_open(&m->asrc, MEDIA_AUDIO, m->cfg.audio_source, m->cfg.host, m->asrc_why,
				  sizeof(m->asrc_why));
		if (err)
			(void)snprintf(why, size, "%s", m->asrc_why);
	}
	if (err)
		return err;
	if (m->vsrc && m->vsrc->clip && m->vsrc->clip->truncated)
		(void)snprintf(m->vsrc_why, sizeof(m->vsrc_why), "%s: the file is truncated: what is there is sent",
			       m->vsrc->path);
	if (m->vsrc_why[0])
		log_error("video source: %s", m->vsrc_why);
	if (m->asrc_why[0])
		log_error("audio source: %s", m->asrc_why);
	return 0;
}


/* The first pictures through an encoder and a decoder are slow: memory is
 * touched, code is paged in. Better now than in a call. */
static int warm_up(struct media *m)
{
	struct h264enc_config cfg = { .threads = 1, .bitrate = m->cfg.video_bitrate };
	const uint8_t *data;
	size_t len;
	bool key;
	int err = h264dec_alloc(&m->vdec);

	if (err || !m->vsrc || m->vsrc->clip)
		return err;
	cfg.w = m->vsrc->format.w;
	cfg.h = m->vsrc->format.h;
	cfg.fps = m->vsrc->format.fps;
	err = picture_alloc(&m->pic, cfg.w, cfg.h);
	if (!err)
		err = h264enc_alloc(&m->venc, &cfg);
	for (int i = 0; i < WARM_PICTURES && !err; i++) {
		(void)m->vsrc->ops->picture(m->vsrc, m->pic, 1000000);
		err = h264enc_encode(m->venc, m->pic, true, &data, &len, &key);
	}
	return err;
}


static int enter_sandbox(struct media *m, char *why, size_t size)
{
	struct sandbox s = {
		.mode = m->sandbox, .dirfd = m->dirfd, .uid = SANDBOX_UID,
		.devices = m->vsink || m->asink || (m->vsrc && m->vsrc->ops == &source_camera) ||
			   (m->asrc && m->asrc->ops->live),
	};
	char note[128];
	int err = sandbox_rights(&s, note, sizeof(note));

	if (note[0])
		log_debug("sandbox: %s", note);
	/* threads from here on: they inherit what was given up */
	if (!err && m->dirfd >= 0)
		err = shots_alloc(&m->shots, m->dirfd, m->dir);
	if (!err)
		err = sandbox_calls(&s);
	if (err)
		(void)snprintf(why, size, "sandbox: %s", strerror(err));
	return err;
}


int media_open(struct media *m, char *why, size_t size)
{
	int err = open_folder(m, why, size);

	timeline_init(&m->tl);
	if (!err)
		err = open_sources(m, why, size);
	if (!err)
		err = sink_open(&m->vsink, MEDIA_VIDEO, m->cfg.video_sink, m->cfg.host, why, size);
	if (!err)
		err = sink_open(&m->asink, MEDIA_AUDIO, m->cfg.audio_sink, m->cfg.host, why, size);
	if (!err) {
		err = warm_up(m);
		if (err)
			(void)snprintf(why, size, "video: %s: the encoder or decoder does not start", strerror(err));
	}
	return err ? err : enter_sandbox(m, why, size);
}


void media_close(struct media *m)
{
	shots_free(m->shots);
	source_close(m->vsrc);
	source_close(m->asrc);
	sink_close(m->vsink);
	sink_close(m->asink);
	h264enc_free(m->venc);
	h264dec_free(m->vdec);
	picture_free(m->pic);
	if (m->frames)
		(void)fclose(m->frames);
	if (m->dirfd >= 0)
		(void)close(m->dirfd);
}


static void add_video(json_t *list, uint8_t profile_idc, uint8_t constraints, uint8_t level, unsigned mode)
{
	char fmtp[96];

	(void)snprintf(fmtp, sizeof(fmtp), "profile-level-id=%02x%02x%02x;packetization-mode=%u;level-asymmetry-allowed=1",
		       profile_idc, constraints, level, mode);
	(void)json_array_append_new(list, json_pack("{s:s, s:s}", "codec", "H264", "fmtp", fmtp));
}


/* We decode 1080p30 whatever we send; a clip of a higher profile is offered
 * as such first, so that it can be sent as it is. */
static json_t *video_list(const struct media *m)
{
	enum { LEVEL_1080P30 = 40 };
	const struct clip *c = m->vsrc ? m->vsrc->clip : NULL;
	json_t *list = json_array();
	uint8_t level = LEVEL_1080P30;

	if (c && c->sps.level_idc > level)
		level = c->sps.level_idc;
	if (c && (c->sps.profile_idc == 77 || c->sps.profile_idc == 100))
		add_video(list, c->sps.profile_idc, c->sps.profile_idc == 77 ? 0x40 : 0, level, 1);
	add_video(list, 66, 0xe0, level, 1);
	add_video(list, 66, 0xe0, level, 0);
	return list;
}


json_t *media_capabilities(const struct media *m)
{
	json_t *audio = json_array();

	for (const struct audio_codec *c = audio_codecs; c->name; c++)
		(void)json_array_append_new(audio, json_pack("{s:s, s:i, s:i, s:s}", "codec", c->name, "clock_rate",
							     (int)c->rtp_rate, "channels", (int)c->channels, "fmtp",
							     c->fmtp));
	return json_pack("{s:s, s:o, s:o}", "msg", "ready", "video", video_list(m), "audio", audio);
}
