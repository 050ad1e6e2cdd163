#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/sla/profile.h"

enum { CS4 = 32, AF41 = 34, NS = 1000000000 };

/* Rates are the published ones of room telepresence. Packets a second are those of a room of three
 * screens with its sound, 1,170 to 1,350, less 50 for each microphone; 720p in packets of 1,100 bytes.
 * Content is this project's own choice: slides, five pictures a second. */
const struct sla_shape sla_shapes[] = {
	{"1080p-best", "video", SLA_VIDEO, NULL, 4000, 400, 30, 500},
	{"1080p-better", "video", SLA_VIDEO, NULL, 3500, 370, 30, 500},
	{"1080p-good", "video", SLA_VIDEO, NULL, 3000, 340, 30, 500},
	{"720p-best", "video", SLA_VIDEO, NULL, 2250, 256, 30, 500},
	{"720p-better", "video", SLA_VIDEO, NULL, 1500, 171, 30, 500},
	{"720p-good", "video", SLA_VIDEO, NULL, 1000, 114, 30, 500},
	{"audio", "audio", SLA_AUDIO, "opus", 64, 50, 0, 0},
	{"g711", "audio", SLA_AUDIO, "g711", 64, 50, 0, 0},
	{"g729", "audio", SLA_AUDIO, "g729", 8, 50, 0, 0},
	{"content", "content", SLA_CONTENT, NULL, 500, 60, 5, 500},
	{"jitter", "probe", SLA_PLAIN, NULL, 0, 50, 0, 0},
	{NULL, NULL, SLA_PLAIN, NULL, 0, 0, 0, 0},
};

#define ROOM(screens, quality, text) \
	{"room" #screens "-" quality, text, CS4, {{quality, screens}, {"audio", screens}}, 0, 0}

const struct sla_profile sla_profiles[] = {
	ROOM(3, "1080p-best", "room of three screens, 1080p30 at its best"),
	ROOM(3, "1080p-better", "room of three screens, 1080p30, better"),
	ROOM(3, "1080p-good", "room of three screens, 1080p30, good"),
	ROOM(3, "720p-best", "room of three screens, 720p30 at its best"),
	ROOM(3, "720p-better", "room of three screens, 720p30, better"),
	ROOM(3, "720p-good", "room of three screens, 720p30, good"),
	ROOM(2, "1080p-best", "room of two screens, 1080p30 at its best"),
	ROOM(1, "1080p-best", "room of one screen, 1080p30 at its best"),
	ROOM(1, "1080p-better", "room of one screen, 1080p30, better"),
	ROOM(1, "1080p-good", "room of one screen, 1080p30, good"),
	ROOM(1, "720p-best", "room of one screen, 720p30 at its best"),
	ROOM(1, "720p-better", "room of one screen, 720p30, better"),
	ROOM(1, "720p-good", "room of one screen, 720p30, good"),
	{"desktop", "desktop video, 720p30, good, marked AF41", AF41, {{"720p-good", 1}, {"audio", 1}}, 0, 0},
	{"audio", "one microphone position, Opus", CS4, {{"audio", 1}}, 0, 0},
	{"voice-g711", "a telephone, G.711", CS4, {{"g711", 1}}, 0, 0},
	{"voice-g729", "a telephone, G.729", CS4, {{"g729", 1}}, 0, 0},
	{"content", "shared slides, to add with \"+content\"", CS4, {{"content", 1}}, 0, 0},
	{"udp-jitter", "10 packets of 32 bytes, one every 20 ms, unmarked", 0, {{"jitter", 1}}, 10, 32},
	{NULL, NULL, 0, {{NULL, 0}}, 0, 0},
};


const struct sla_shape *sla_shape_find(const char *name)
{
	for (const struct sla_shape *s = sla_shapes; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}


static const struct sla_profile *find_n(const char *name, size_t n)
{
	for (const struct sla_profile *p = sla_profiles; p->name; p++)
		if (strlen(p->name) == n && !memcmp(p->name, name, n))
			return p;
	return NULL;
}


const struct sla_profile *sla_profile_find(const char *name)
{
	return find_n(name, strlen(name));
}


static bool part_at(const struct sla_profile *p, unsigned i)
{
	return i < SLA_PARTS_MAX && p->parts[i].shape;
}


unsigned sla_profile_kbps(const struct sla_profile *p, bool overhead)
{
	unsigned kbps = 0;

	for (unsigned i = 0; part_at(p, i); i++)
		kbps += p->parts[i].count * sla_shape_find(p->parts[i].shape)->kbps;
	return overhead ? kbps + kbps * SLA_OVERHEAD_PERCENT / 100 : kbps;
}


unsigned sla_profile_pps(const struct sla_profile *p)
{
	unsigned pps = 0;

	for (unsigned i = 0; part_at(p, i); i++)
		pps += p->parts[i].count * sla_shape_find(p->parts[i].shape)->pps;
	return pps;
}


/* Packet k of a stream goes with its picture: picture f has the packets from
 * f * pps / pictures (rounded up) on, so that any rate comes out exactly. */
static int64_t time_of(const struct sla_shape *sh, uint32_t k)
{
	uint64_t picture, first;

	if (!sh->pictures)
		return (int64_t)((uint64_t)k * NS / sh->pps);

	picture = sla_picture_of(sh->pps, sh->pictures, k);
	first = (picture * sh->pps + sh->pictures - 1) / sh->pictures;
	return (int64_t)(picture * NS / sh->pictures + (k - first) * sh->gap_us * 1000);
}


static uint16_t bytes_of(const struct sla_profile *p, const struct sla_shape *sh, uint32_t k)
{
	uint64_t bps = (uint64_t)sh->kbps * 125;

	if (!bps)
		return (uint16_t)p->bytes;
	return (uint16_t)((k + 1) * bps / sh->pps - k * bps / sh->pps + SLA_RTP_BYTES);
}


static int add_profile(struct sla_schedule *s, const struct sla_profile *p, int64_t duration_ns)
{
	if (duration_ns <= 0 && !p->packets)
		return EINVAL;
	for (unsigned i = 0; part_at(p, i); i++) {
		for (unsigned k = 0; k < p->parts[i].count; k++) {
			unsigned n = s->nstreams++;

			if (n == SLA_PROFILE_STREAMS_MAX)
				return EOVERFLOW;
			s->streams[n].profile = p;
			s->streams[n].shape = sla_shape_find(p->parts[i].shape);
			s->streams[n].place = (uint8_t)k;
			s->streams[n].places = (uint8_t)p->parts[i].count;
			s->streams[n].max = duration_ns > 0 ? UINT32_MAX : p->packets;
		}
	}

	return 0;
}


int sla_schedule_init(struct sla_schedule *s, const char *names, int64_t duration_ns)
{
	uint64_t total = 0;

	memset(s, 0, sizeof(*s));
	s->duration_ns = duration_ns > 0 ? duration_ns : INT64_MAX;

	for (const char *at = names;; at++) {
		size_t n = strcspn(at, "+");
		const struct sla_profile *p = find_n(at, n);
		int err = p ? add_profile(s, p, duration_ns) : ENOENT;

		if (err)
			return err;
		at += n;
		if (!*at)
			break;
	}

	for (unsigned i = 0; i < s->nstreams; i++)
		total += duration_ns > 0 ? ((uint64_t)duration_ns / NS + 1) * s->streams[i].shape->pps :
			s->streams[i].max;
	return total > SLA_SAMPLES_MAX ? EOVERFLOW : 0;
}


bool sla_schedule_next(struct sla_schedule *s, struct sla_send *send)
{
	unsigned best = s->nstreams;

	for (unsigned i = 0; i < s->nstreams; i++) {
		if (s->streams[i].seq >= s->streams[i].max || s->streams[i].at_ns >= s->duration_ns)
			continue;
		if (best == s->nstreams || s->streams[i].at_ns < s->streams[best].at_ns)
			best = i;
	}
	if (best == s->nstreams)
		return false;

	*send = (struct sla_send){
		.at_ns = s->streams[best].at_ns,
		.seq = s->streams[best].seq++,
		.stream = (uint16_t)best,
		.dscp = s->streams[best].profile->dscp,
	};
	send->bytes = bytes_of(s->streams[best].profile, s->streams[best].shape, send->seq);
	s->streams[best].at_ns = time_of(s->streams[best].shape, s->streams[best].seq);
	s->sent++;
	return true;
}


/* Times never fall with k, so the first packet that is too late is found by
 * halving. */
uint32_t sla_schedule_count(const struct sla_schedule *s, unsigned stream)
{
	uint32_t lo = 0, hi = SLA_SAMPLES_MAX;

	if (s->streams[stream].max != UINT32_MAX)
		return s->streams[stream].max;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (time_of(s->streams[stream].shape, mid) < s->duration_ns)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}


unsigned sla_schedule_pps(const struct sla_schedule *s)
{
	unsigned pps = 0;

	for (unsigned i = 0; i < s->nstreams; i++)
		pps += s->streams[i].shape->pps;
	return pps;
}


char *sla_schedule_name(const struct sla_schedule *s, unsigned stream, char buf[SLA_STREAM_NAME])
{
	static const char *const places[][3] = {
		{""}, {"left ", "right "}, {"left ", "centre ", "right "},
	};
	unsigned n = s->streams[stream].places, i = s->streams[stream].place;

	if (n >= 1 && n <= 3)
		(void)snprintf(buf, SLA_STREAM_NAME, "%s%s", places[n - 1][i], s->streams[stream].shape->title);
	else
		(void)snprintf(buf, SLA_STREAM_NAME, "%s %u", s->streams[stream].shape->title, i + 1);
	return buf;
}
