#include <stdlib.h>
#include <string.h>

#include "lib/site/option.h"


/* The words of a form "a|b|c:ARG": does the value match one? A word with a
 * colon wants something after it. */
static bool one_of(const char *value, const struct site_option *o)
{
	for (const char *p = o->form; *p; p += strcspn(p, "|"), p += *p == '|') {
		size_t word = strcspn(p, "|:[");

		if (strncmp(value, p, word))
			continue;
		if (p[word] == ':' && value[word] == ':' && value[word + 1])
			return true;
		if (p[word] != ':' && !value[word])
			return true;
		if (p[word] == '[' && value[word] == ':' && value[word + 1])
			return true;
	}
	return false;
}


static bool digits(const char **s, unsigned long *v, unsigned long max)
{
	size_t n = strspn(*s, "0123456789");

	if (!n || n > 9)
		return false;
	*v = strtoul(*s, NULL, 10);
	*s += n;
	return *v >= 1 && *v <= max;
}


/* WxH@FPS as far as H.264 level 5.1 and our buffers reach. */
static bool geometry(const char *s)
{
	unsigned long w, h, fps;

	if (!digits(&s, &w, 4096) || *s++ != 'x')
		return false;
	if (!digits(&s, &h, 2304) || *s++ != '@')
		return false;
	return digits(&s, &fps, 60) && !*s && w >= 64 && h >= 64 && w % 2 == 0 && h % 2 == 0;
}


static bool video_source(const char *value, const struct site_option *o)
{
	if (!strncmp(value, "pattern:", 8))
		return geometry(value + 8);
	if (!strncmp(value, "camera:", 7))
		return value[7] == '/';
	return one_of(value, o);
}


static bool bitrate(const char *value, const struct site_option *o)
{
	unsigned long v;
	unsigned long unit = 1;

	if (!digits(&value, &v, 1000000000))
		return false;
	if (*value == 'k' || *value == 'M') {
		unit = *value == 'k' ? 1000 : 1000000;
		value++;
	}
	return !*value && v <= o->max / unit && v * unit >= o->min;
}


static bool number(const char *value, const struct site_option *o)
{
	unsigned long v;

	if (!strcmp(value, "0"))
		return o->min == 0;
	return digits(&value, &v, o->max) && !*value && v >= o->min;
}


static bool text(const char *value, const struct site_option *o)
{
	size_t n = strlen(value);

	return n >= o->min && n <= o->max;
}


/* A list of the form's words with commas between, none twice in a row. */
static bool list_of(const char *value, const struct site_option *o)
{
	char word[32];

	for (;;) {
		size_t n = strcspn(value, ",");

		if (!n || n >= sizeof(word))
			return false;
		memcpy(word, value, n);
		word[n] = '\0';
		if (!one_of(word, o))
			return false;
		if (!value[n])
			return true;
		value += n + 1;
	}
}


const struct site_option site_options[] = {
	{"source-video", "pattern[:WIDTHxHEIGHT@FPS]|file:PATH|camera:/dev/videoN|none", "pattern",
	 "what the room sends as its picture: a moving test pattern with a time code, a media file "
	 "(MP4 or H.264) in a loop as it is encoded, a camera, or nothing", video_source, 0, 0},
	{"source-audio", "tone[:HZ]|file:PATH|microphone[:DEVICE]|silence|none", "tone",
	 "what the room sends as its sound", one_of, 0, 0},
	{"sink-video", "none|picture|window", "picture",
	 "where the far picture goes: nowhere, into picture files, into a window", one_of, 0, 0},
	{"sink-audio", "none|file:PATH|speaker[:DEVICE]", "none",
	 "where the far sound goes: nowhere, into a WAV file that each start of the media process begins "
	 "anew, to a loudspeaker", one_of, 0, 0},
	{"auto-answer", "on|off", "off", "take incoming calls without asking", one_of, 0, 0},
	{"video-bitrate", "BITS[k|M]", "4M", "bits a second of picture that the room sends and asks for",
	 bitrate, 64000, 40000000},
	{"audio-bitrate", "BITS[k|M]", "64k", "bits a second of Opus sound that the room sends",
	 bitrate, 6000, 510000},
	{"audio-codecs", "opus|G722|PCMU|PCMA", "opus,G722,PCMU,PCMA",
	 "sound codecs to offer, best first, with commas between", list_of, 0, 0},
	{"sip-transport", "udp|tcp", "udp",
	 "how a room reaches call control when security is off; with security it is TLS", one_of, 0, 0},
	{"register-expires", "SECONDS", "600", "how long a registration shall last", number, 60, 86400},
	{"session-expires", "SECONDS", "1800", "session timer (RFC 4028)", number, 90, 86400},
	{"password", "TEXT", "",
	 "what the room proves itself to call control with; for the lab, since anyone who reads this "
	 "file reads it too", text, 1, 128},
	{"password-file", "PATH", "", "a file whose first line is the password", text, 1, 1024},
	{"digest", "both|sha-256|md5", "both", "call control: how rooms may prove themselves (RFC 8760)",
	 one_of, 0, 0},
	{"sla-rate", "PACKETS", "2000", "agent: packets a second of all its measurements together", number, 1, 100000},
	{"sla-duration", "SECONDS", "600",
	 "agent and responder: how long a measurement may last", number, 1, 86400},
	{"sla-operations", "NUMBER", "256", "responder: streams that it answers at once", number, 1, 1024},
	{"sla-keys", "PATH", "", "agent and responder: a file of keys; a responder that has one refuses whoever "
	 "proves none", text, 1, 1024},
	{"sla-key", "NUMBER", "", "responder: the number of the key that agents of the site prove to it",
	 number, 0, 65535},
	{"sla-protocol", "2|2-plain|1-us|1-ms|1-echo", "2",
	 "responder: what agents of the site speak to it; 1-us, 1-ms or 1-echo for an IOS router", one_of, 0, 0},
	{"sla-v1", "on|off", "on", "responder: answer version 1 too, which proves nothing", one_of, 0, 0},
	{"sla-clock-error", "MICROSECONDS", "", "agent and responder: how far the host's clock is from true time at most, "
	 "where the kernel is not told; without either no one-way delay is given", number, 1, 1000000},
	{"sla-schedule", "PROFILE", "", "agent: what it measures each path of the site with, again and again",
	 text, 1, 100},
	{"sla-lasts", "SECONDS", "5", "agent: how long each measurement of the schedule lasts, where its profile does not say",
	 number, 1, 3600},
	{"sla-every", "SECONDS", "60", "agent: how often each path has its turn", number, 5, 86400},
	{NULL, NULL, NULL, NULL, NULL, 0, 0},
};


const struct site_option *site_option_find(const char *key)
{
	for (const struct site_option *o = site_options; o->key; o++)
		if (!strcmp(o->key, key))
			return o;
	return NULL;
}


bool site_option_valid(const struct site_option *o, const char *value)
{
	return o->valid(value, o);
}
