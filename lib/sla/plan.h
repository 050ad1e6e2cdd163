/**
 * What meetings need of a site's links, from its site file: bandwidth, packets
 * a second, which meetings fit at once; and with measurements, which paths are
 * fit for which rooms.
 *
 * A link connects a network to the rest of the site and carries its bandwidth
 * each way. Two rooms of one network meet without it. Two rooms send each
 * other as many pictures as the smaller one has screens; three and more meet
 * over a multipoint switch, which gives each room a picture for each of its
 * screens and the three loudest sounds.
 */
#ifndef VISAVIS_LIB_SLA_PLAN_H
#define VISAVIS_LIB_SLA_PLAN_H

#include "lib/base/diag.h"
#include "lib/site/site.h"
#include "lib/sla/profile.h"
#include "lib/sla/verdict.h"

enum {
	SLA_PLAN_ROOMS_MAX = 2000,
	SLA_PLAN_PATHS_MAX = 4096,
	SLA_SEGMENTS_MAX = 48,		/**< pictures that one multipoint switch takes */
	SLA_LOUDEST = 3,
};

/** Each way, overhead of the network in it. */
struct sla_load {
	uint64_t bps_out;		/**< from the network */
	uint64_t bps_in;
	uint64_t pps_out;
	uint64_t pps_in;
};

struct sla_plan_room {
	const struct site_host *host;
	unsigned net;			/**< index in site->networks */
};

struct sla_plan_link {
	const struct site_network *network;
	unsigned rooms;
	unsigned screens;
	unsigned handsets;
	struct sla_load all;		/**< every room and telephone at once */
	unsigned rooms_fit;		/**< so many rooms at once, the largest first */
};

/** One answer to "does it fit?": the first link that does not hold it. */
struct sla_plan_fit {
	bool fits;
	bool unknown;			/**< a link's bandwidth is not given */
	const struct site_network *link;	/**< that is too narrow or not known */
	uint64_t need_bps;		/**< of that link, the greater way */
};

/** A meeting that was asked for, or found. */
struct sla_plan_meeting {
	const struct sla_plan_room **rooms;
	size_t nrooms;
	struct sla_plan_fit alone;
};

/** A verdict from a measurement of a path. */
struct sla_plan_path {
	const char *file;
	const struct site_host *from;
	const struct site_host *to;
	unsigned net_from;
	unsigned net_to;
	const char *profiles;		/**< "room3-1080p-best+content" */
	unsigned kbps;			/**< media of these */
	unsigned pps;
	enum sla_answer answer;
	const char **reasons;		/**< sentences about what is not fit */
	size_t nreasons;
};

struct sla_plan {
	const struct site *site;
	const struct sla_shape *video, *audio, *slides;
	bool content;
	struct sla_plan_room *rooms;
	size_t nrooms;
	struct sla_plan_link *links;	/**< [site->nnetworks] */
	const struct site_host *multipoint;	/**< or NULL */
	unsigned multipoint_net;
	struct sla_load multipoint_load;	/**< all rooms in meetings over it */
	struct sla_plan_meeting *pairs;	/**< every two rooms, as far as the maximum */
	size_t npairs;
	bool pairs_cut;			/**< there are more */
	struct sla_plan_meeting *most;	/**< most meetings of two at once */
	size_t nmost;
	bool most_exact;		/**< else more may fit */
	struct sla_plan_fit every;	/**< all rooms at once over the switch, or in pairs */
};

/** @param quality  name of a picture's shape: "1080p-best"
 *  @return 0; ENOENT no such shape; ENODATA no room; EOVERFLOW too many rooms; ENOMEM */
int sla_plan_make(struct sla_plan *p, struct arena *a, const struct site *s, const char *quality,
		  bool content);

/** The rooms of "paris,london,rome". @param bad  out: the name that is no room
 *  @return 0; ENOENT; EINVAL fewer than two, or one twice; ENOMEM */
int sla_plan_meeting_read(struct sla_plan_meeting *m, struct arena *a, const struct sla_plan *p,
			  const char *names, const char **bad);

/** Do all these fit at once? Meetings of three and more without a multipoint
 *  switch do not; neither do more segments than one takes.
 *  @param tmp  for scratch memory; may be reset afterwards. @return 0 or ENOMEM */
int sla_plan_at_once(struct sla_plan_fit *fit, struct arena *tmp, const struct sla_plan *p,
		     const struct sla_plan_meeting *m, size_t n);

/** What one meeting of these two needs each way of a path. */
unsigned sla_plan_pair_kbps(const struct sla_plan *p, const struct sla_plan_room *x,
			    const struct sla_plan_room *y);

/** Read the JSON of a measurement. @param what  out: the mistake, in `a`
 *  @return 0; EBADMSG; ENOMEM */
int sla_plan_path_read(struct sla_plan_path *path, struct arena *a, const struct sla_plan *p,
		       const char *file, const char *text, size_t len, const char **what);

/** What the paths say of two rooms: the worst of those measured at the rate
 *  that they need, unknown when none was. @param by  out: that one, or NULL */
enum sla_answer sla_plan_pair_answer(const struct sla_plan *p, const struct sla_plan_meeting *pair,
				     const struct sla_plan_path *paths, size_t n,
				     const struct sla_plan_path **by);

#endif
