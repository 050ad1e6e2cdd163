#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "daemons/codec/codec.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/sandbox.h"
#include "io/siteload.h"

enum { EXIT_BAD_USAGE = 3, GOODBYE_MS = 700, MEDIA_UID = 65534 };

struct options {
	const char *site, *host, *state, *log, *out, *media, *security;
	bool verbose, frames;
};

static struct codec codec;
static struct tmr goodbye;


static void usage(FILE *f)
{
	(void)fprintf(f,
		"usage: visavis-codec --site FILE --host NAME --state DIR [OPTION...]\n\n"
		"  --site FILE    the site file\n"
		"  --host NAME    which host of the site this room is\n"
		"  --state DIR    tls.pem, ca.pem, password\n"
		"  --log FILE     append events as JSON lines\n"
		"  --out DIR      where pictures and measurements go (default: DIR of --state)\n"
		"  --media PATH   the media process (default: visavis-media beside this program)\n"
		"  --security on|off   instead of what the site file says\n"
		"  --frames       have a hash of each decoded picture written to OUT/frames.tsv\n"
		"  -v             more text on stderr\n");
}


static int options_read(struct options *o, int argc, char *argv[])
{
	static const struct option longs[] = {
		{"site", required_argument, NULL, 's'}, {"host", required_argument, NULL, 'h'},
		{"state", required_argument, NULL, 'd'}, {"log", required_argument, NULL, 'l'},
		{"out", required_argument, NULL, 'o'}, {"media", required_argument, NULL, 'm'},
		{"security", required_argument, NULL, 'e'},
		{"frames", no_argument, NULL, 'f'}, {"help", no_argument, NULL, '?'}, {NULL, 0, NULL, 0},
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "v", longs, NULL)) != -1) {
		const struct { int ch; const char **to; } v[] = {
			{'s', &o->site}, {'h', &o->host}, {'d', &o->state}, {'l', &o->log},
			{'o', &o->out}, {'m', &o->media}, {'e', &o->security},
		};
		size_t i;

		if (ch == 'v')
			o->verbose = true;
		if (ch == 'f')
			o->frames = true;
		if (ch == '?')
			return EINVAL;
		for (i = 0; i < ARRAY_SIZE(v); i++)
			if (v[i].ch == ch)
				*v[i].to = optarg;
	}
	if (o->security && strcmp(o->security, "on") && strcmp(o->security, "off"))
		return EINVAL;
	return o->site && o->host && o->state && optind == argc ? 0 : EINVAL;
}


static int site_read(struct codec *c, const struct options *o)
{
	struct diag_list dl = {0};
	int err = siteload_read(&c->site, &c->arena, o->site, &dl);

	if (err)
		siteload_print(stderr, &dl);
	diag_reset(&dl);
	if (!err && o->security)
		c->site.security = !strcmp(o->security, "on");
	return err;
}


static int self_find(struct codec *c, const struct options *o)
{
	c->self = site_host_find(&c->site, o->host);
	if (!c->self) {
		log_error("%s: no host \"%s\"", o->site, o->host);
		return ENOENT;
	}
	if (!site_host_has_role(c->self, "codec") || !c->self->number) {
		log_error("%s: host %s needs the role codec and a number", o->site, o->host);
		return EINVAL;
	}
	c->cc = site_host_by_role(&c->site, "callcontrol");
	if (!c->cc) {
		log_error("%s: no host of role callcontrol", o->site);
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


static void settings_read(struct codec *c)
{
	(void)snprintf(c->domain, sizeof(c->domain), "%s.visavis.test", c->site.name);
	(void)snprintf(c->aor, sizeof(c->aor), "sip:%s@%s", c->self->number, c->domain);
	instance_make(c);
	c->auto_answer = setting_on(c, "auto-answer");
	c->video_bitrate = setting_number(c, "video-bitrate", 4000000);
	c->audio_bitrate = setting_number(c, "audio-bitrate", 64000);
	c->session_expires = setting_number(c, "session-expires", SE_DEFAULT);
	if (c->session_expires && c->session_expires < SE_MIN)
		c->session_expires = SE_MIN;
	if (c->session_expires > SE_MAX)
		c->session_expires = SE_MAX;
	c->caps.secure = c->tls;
	c->caps.video_bitrate = c->video_bitrate;
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


/* Installed beside us, or where the build put it. */
static const char *media_path(char *buf, size_t size)
{
	static const char *const where[] = { "visavis-media", "../media/visavis-media" };
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


static int media_init(struct codec *c, const struct options *o)
{
	const struct media_handlers h = { ready_handler, died_handler, event_handler, c };
	static char path[4096];
	char video[1024], source[1024], sink[256];
	json_t *init;
	int err;

	source_word(video, sizeof(video), site_host_setting(c->self, "source-video", "pattern"),
		    o->site);
	source_word(source, sizeof(source), site_host_setting(c->self, "source-audio", "tone"),
		    o->site);
	device_word(sink, sizeof(sink), site_host_setting(c->self, "sink-audio", "none"));
	init = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "msg", "init",
			 "host", c->self->name, "out_dir", o->out ? o->out : o->state,
			 "video_source", video,
			 "audio_source", source,
			 "video_sink", site_host_setting(c->self, "sink-video", "picture"),
			 "audio_sink", sink,
			 "video_bitrate", (json_int_t)c->video_bitrate,
			 "log_frames", o->frames);
	if (!init)
		return ENOMEM;
	err = media_alloc(&c->media, &(struct media_config){
		.path = o->media ? o->media : media_path(path, sizeof(path)), .log = o->log, .host = c->self->name,
		.init = init }, &h);
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


static void cleanup(struct codec *c)
{
	c->ctl = mem_deref(c->ctl);
	list_flush(&c->calls);
	c->reg = mem_deref(c->reg);
	net_close(c);
	c->media = mem_deref(c->media);
	tmr_cancel(&goodbye);
	libre_close();
	arena_reset(&c->arena);
	log_close();
}


static int run(struct codec *c, const struct options *o)
{
	int err;

	err = site_read(c, o);
	if (!err)
		err = self_find(c, o);
	if (err)
		return err;
	flowtab_init(&c->site, c->self);
	c->state_dir = o->state;
	err = libre_init();
	if (!err)
		err = net_init(c);
	if (err)
		return err;
	settings_read(c);
	err = media_init(c, o);
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


int main(int argc, char *argv[])
{
	struct options o = {0};
	int err;

	if (options_read(&o, argc, argv)) {
		usage(stderr);
		return EXIT_BAD_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	err = log_init("visavis-codec", o.host, o.log, o.verbose ? LOG_DEBUG : LOG_INFO);
	if (err) {
		(void)fprintf(stderr, "visavis-codec: %s: %s\n", o.log, strerror(err));
		return 1;
	}
	err = run(&codec, &o);
	cleanup(&codec);
	return err ? 1 : 0;
}
