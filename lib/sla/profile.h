/**
 * What a meeting puts on the network: the streams of each kind of room, with
 * rate, packets, bursts and marks, and the times at which their packets go.
 * The plan, the bandwidth of links and the probes read this one table.
 */
#ifndef VISAVIS_LIB_SLA_PROFILE_H
#define VISAVIS_LIB_SLA_PROFILE_H

#include "lib/sla/sample.h"

enum {
	SLA_OVERHEAD_PERCENT = 20,	/**< to plan for the network, on top of media */
	SLA_RTP_BYTES = 12,
	SLA_PARTS_MAX = 4,		/**< kinds of stream of one profile */
	SLA_PROFILE_STREAMS_MAX = 12,
};

/** One kind of stream, one way. */
struct sla_shape {
	const char *name;	/**< "1080p-best", "audio" */
	const char *title;	/**< of its streams: "video" */
	enum sla_kind kind;
	const char *codec;	/**< of audio */
	unsigned kbps;		/**< media alone, on average */
	unsigned pps;		/**< packets a second, on average */
	unsigned pictures;	/**< a second: each is a burst; 0: packets go evenly */
	unsigned gap_us;	/**< between the packets of a burst */
};

/** Ends with a NULL name. */
extern const struct sla_shape sla_shapes[];

/** One place of a profile: so many streams of that shape. */
struct sla_part {
	const char *shape;
	unsigned count;
};

struct sla_profile {
	const char *name;	/**< "room3-1080p-best" */
	const char *help;
	uint8_t dscp;
	struct sla_part parts[SLA_PARTS_MAX];	/**< ends with a NULL shape */
	unsigned packets;	/**< when no time is asked for; 0: no such default */
	unsigned bytes;		/**< of UDP payload, where the shape has no rate */
};

/** Ends with a NULL name. */
extern const struct sla_profile sla_profiles[];

const struct sla_shape *sla_shape_find(const char *name);
const struct sla_profile *sla_profile_find(const char *name);

/** Media alone, one way; with `overhead` what a network is planned with */
unsigned sla_profile_kbps(const struct sla_profile *p, bool overhead);
unsigned sla_profile_pps(const struct sla_profile *p);

/** One packet to send. */
struct sla_send {
	int64_t at_ns;		/**< from the start */
	uint32_t seq;		/**< of its stream, from 0 */
	uint16_t stream;
	uint16_t bytes;		/**< UDP payload; a probe with a longer head of its
				     own sends that head alone */
	uint8_t dscp;
};

/** The packets of several profiles at once (a room and its content), in the
 *  order of their times; what goes at the same time goes by stream. The same
 *  profiles always give the same schedule. */
struct sla_schedule {
	struct {
		const struct sla_profile *profile;
		const struct sla_shape *shape;
		uint8_t place;		/**< among the streams of that part */
		uint8_t places;		/**< streams of that part */
		uint32_t seq;		/**< of the next packet */
		int64_t at_ns;		/**< when it goes */
		uint32_t max;		/**< packets; UINT32_MAX: by time alone */
	} streams[SLA_PROFILE_STREAMS_MAX];
	unsigned nstreams;
	int64_t duration_ns;
	uint64_t sent;
};

enum { SLA_STREAM_NAME = 32 };

/**
 * @param names     of profiles, with "+" between: "room3-1080p-best+content"
 * @param duration  in ns; 0: what the profiles say, if all of them say it
 * @return 0; ENOENT no such profile; EINVAL no duration; EOVERFLOW too many
 *         streams, or above SLA_SAMPLES_MAX packets
 */
int sla_schedule_init(struct sla_schedule *s, const char *names, int64_t duration_ns);

/** The next packet; @return false: that was all */
bool sla_schedule_next(struct sla_schedule *s, struct sla_send *send);

/** How many packets a stream sends in the whole schedule */
uint32_t sla_schedule_count(const struct sla_schedule *s, unsigned stream);
/** Packets a second of all streams, on average */
unsigned sla_schedule_pps(const struct sla_schedule *s);

/** "left video", "centre video", "audio"; @return buf */
char *sla_schedule_name(const struct sla_schedule *s, unsigned stream, char buf[SLA_STREAM_NAME]);

#endif
