#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "daemons/codec/codec.h"
#include "io/log.h"
#include "io/sandbox.h"
#include "io/siteload.h"

enum { GOODBYE_MS = 700, MEDIA_UID = 65534 };

static struct {
	const char *out, *media;
	bool frames;
} opt;

static struct codec codec;
static struct tmr goodbye;


static int roles_find(struct codec *c)
{
	const struct program *p = c->program;

	if (!c->self->number) {
		log_error("%s: host %s needs a number", p->site_path, p->host);
		return EINVAL;
	}
	c->cc = site_host_by_role(c->site, "callcontrol");
	if (!c->cc) {
		log_error("%s: no host of role callcontrol", p->site_path);
		return ENOENT;
	}
	return 0;
}


/* A name of its own for RFC 5626 that survives restarts: RFC 4122 form,
 * from the room's name. */
static void instance_make(struct codec *c)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n = sizeof(md);

	(void)EVP_Digest(c->aor, strlen(c->aor), md, &n, EVP_sha256(), NULL);
	md[6] = (md[6] & 0x0f) | 0x80;
	md[8] = (md[8] & 0x3f) | 0x80;
	(void)snprintf(c->instance, sizeof(c->instance),
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		       md[0], md[1], md[2], md[3], md[4], md[5], md[6], md[7], md[8], md[9], md[10],
		       md[11], md[12], md[13], md[14], md[15]);
}


static bool setting_on(const struct codec *c, const char *key)
{
	const char *v = site_host_setting(c->self, key, "off");

	return !strcmp(v, "on") || !strcmp(v, "yes") || !strcmp(v, "true");
}


/* "4M", "64k", "1800": the site file's reader has checked the form */
static uint32_t setting_number(const struct codec *c, const char *key, uint32_t def)
{
	const char *s = site_host_setting(c->self, key, NULL);
	char *end;
	unsigned long v = s ? strtoul(s, &end, 10) : 0;

	if (!s || end == s)
		return def;
	if (*end == 'k')
		v *= 1000;
	if (*end == 'M')
		v *= 1000000;
	return v <= UINT32_MAX ? (uint32_t)v : def;
}


/* The site file's word for a sound device as the media process says it:
 * "microphone:hw:1" is "alsa:hw:1". */
static void device_word(char *buf, size_t size, const char *value)
{
	static const struct { const char *site, *media, *bare; } v[] = {
		{"tone", "pattern", "pattern"}, {"silence", "none", "none"},
		{"microphone", "alsa", "alsa:default"}, {"speaker", "alsa", "alsa:default"},
	};

	(void)snprintf(buf, size, "%s", value);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		size_t n = strlen(v[i].site);

		if (strncmp(value, v[i].site, n))
			continue;
		if (!value[n] || strcmp(v[i].media, "alsa"))
			(void)snprintf(buf, size, "%s", v[i].bare);
		else
			(void)snprintf(buf, size, "alsa%s", value + n);
	}
}


static int settings_read(struct codec *c)
{
	c->domain = site_domain(c->site, &c->program->arena);
	c->cc_name = site_host_fqdn(c->site, c->cc, &c->program->arena);
	if (!c->domain || !c->cc_name)
		return ENOMEM;
	if (re_snprintf(c->aor, sizeof(c->aor), "sip:%s@%s", c->self->number, c->domain) < 0)
		return EOVERFLOW;
	instance_make(c);
	c->auto_answer = setting_on(c, "auto-answer");
	c->video_bitrate = setting_number(c, "video-bitrate", 4000000);
	c->audio_bitrate = setting_number(c, "audio-bitrate", 64000);
	c->session_expires = setting_number(c, "session-expires", SE_DEFAULT);
	if (c->session_expires && c->session_expires < SE_MIN)
		c->session_expires = SE_MIN;
	if (c->session_expires > SE_MAX)
		c->session_expires = SE_MAX;
	c->caps.video_bitrate = c->video_bitrate;
	return 0;
}


static void ready_handler(const json_t *ready, void *arg)
{
	struct codec *c = arg;

	if (media_caps(&c->caps, ready,
		       site_host_setting(c->self, "audio-codecs", "opus,G722,PCMU,PCMA"))) {
		log_error("the media process has no codec that we know");
		return;
	}
	log_debug("media process ready, %zu codecs", c->caps.n);
	if (c->call)
		media_again(c->call);
}


static void died_handler(const char *how, void *arg)
{
	struct codec *c = arg;

	log_event("media", "{s:s, s:s, s:s}", "what", "killed", "call_id",
		  c->call ? c->call->id : "", "detail", how);
	if (c->call)
		media_died(c->call);
}


static void event_handler(const json_t *ev, void *arg)
{
	struct codec *c = arg;

	if (c->call)
		media_event(c->call, ev);
}


/* A file's name in the site file is relative to that file. */
static void source_word(char *buf, size_t size, const char *value, const char *site)
{
	if (strncmp(value, "file:", 5) || size < 6) {
		device_word(buf, size, value);
		return;
	}
	memcpy(buf, "file:", 6);
	if (siteload_path(buf + 5, size - 5, site, value + 5))
		log_error("%s: the path is too long", value);
}


/* Installed beside us or in libexec, or where the build put it. */
static const char *media_path(char *buf, size_t size)
{
	static const char *const where[] = {
		"visavis-media", "../libexec/visavis-media", "../media/visavis-media",
	};
	char self[2048];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < ARRAY_SIZE(where); i++) {
		(void)snprintf(buf, size, "%.*s%s", (int)(slash - self + 1), self, where[i]);
		if (!access(buf, X_OK))
			return buf;
	}
	return where[0];
}


static int media_init(struct codec *c)
{
	const struct media_handlers h = { ready_handler, died_handler, event_handler, c };
	static char path[4096];
	char video[1024], source[1024], sink[1024];
	json_t *init;
	int err;

	source_word(video, sizeof(video), site_host_setting(c->self, "source-video", "pattern"),
		    c->program->site_path);
	source_word(source, sizeof(source), site_host_setting(c->self, "source-audio", "tone"),
		    c->program->site_path);
	source_word(sink, sizeof(sink), site_host_setting(c->self, "sink-audio", "none"),
		    c->program->site_path);
	init = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "msg", "init",
			 "host", c->self->name, "out_dir", opt.out ? opt.out : c->program->state,
			 "video_source", video,
			 "audio_source", source,
			 "video_sink", site_host_setting(c->self, "sink-video", "picture"),
			 "audio_sink", sink,
			 "video_bitrate", (json_int_t)c->video_bitrate,
			 "log_frames", opt.frames);
	if (!init)
		return ENOMEM;
	err = media_alloc(&c->media, &(struct media_config){
		.path = opt.media ? opt.media : media_path(path, sizeof(path)),
		.log = c->program->log, .host = c->self->name, .init = init }, &h);
	json_decref(init);
	return err;
}


static void goodbye_handler(void *arg)
{
	re_cancel();
}


/* Hang up, take the registration back, give the answers a moment. */
static void signal_handler(int sig)
{
	if (tmr_isrunning(&goodbye)) {
		re_cancel();
		return;
	}
	call_end_all(&codec);
	if (codec.reg)
		reg_remove(codec.reg);
	tmr_start(&goodbye, codec.reg && reg_ok(codec.reg) ? GOODBYE_MS : 0, goodbye_handler, NULL);
}


static int run(struct program *p)
{
	struct codec *c = &codec;
	int err;

	c->program = p;
	c->site = &p->site;
	c->self = p->self;
	err = roles_find(c);
	if (!err)
		err = settings_read(c);
	if (!err)
		err = net_init(c);
	if (!err)
		err = media_init(c);
	if (!err)
		err = ctl_init(c);
	if (!err)
		err = reg_alloc(&c->reg, c);
	if (err)
		return err;
	/* everything is open, the first media process runs with what it needs */
	err = sandbox_enter(MEDIA_UID);
	if (err) {
		log_error("cannot give up privileges: %s", strerror(err));
		return err;
	}
	return re_main(signal_handler);
}


static void end(struct program *p)
{
	struct codec *c = &codec;

	(void)p;
	c->ctl = mem_deref(c->ctl);
	list_flush(&c->calls);
	c->reg = mem_deref(c->reg);
	net_close(c);
	c->media = mem_deref(c->media);
	tmr_cancel(&goodbye);
}


int main(int argc, char *argv[])
{
	static const struct arg own[] = {
		{.name = "out", .to = &opt.out, .value = "DIR",
		 .help = "where pictures and measurements go (default: that of --state)"},
		{.name = "media", .to = &opt.media, .value = "PATH",
		 .help = "the media process (default: visavis-media beside this program)"},
		{.name = "frames", .kind = ARG_FLAG, .to = &opt.frames,
		 .help = "write a hash of each decoded picture to DIR/frames.tsv"},
	};
	static struct program p = {
		.name = "visavis-codec", .role = "codec",
		.args = own, .nargs = ARRAY_SIZE(own), .run_h = run, .end_h = end,
	};

	return program_main(&p, argc, argv);
}
