/**
 * Packets with their times: UDP in batches, with the kernel's receive and
 * transmit stamps (SO_TIMESTAMPING) where it gives them and the program's
 * own clock where it does not, and the traffic class that they arrived with.
 *
 * All times are nanoseconds of the wall clock since 1970 unless a name says
 * "mono". A hardware stamp is taken when its clock is kept with the system's;
 * else the stamp that the kernel took in software.
 */
#ifndef VISAVIS_IO_TSTAMP_H
#define VISAVIS_IO_TSTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	TSTAMP_BATCH = 64,	/**< packets in one call */
	TSTAMP_PACKET = 2048,	/**< bytes of one; longer ones are cut */
	TSTAMP_NO_TOS = -1,
};

/** One packet, received or to be sent. */
struct tstamp_packet {
	uint8_t *p;		/**< TSTAMP_PACKET bytes of the batch; packets may
				     change places in v */
	size_t len;
	struct sockaddr_storage peer;
	socklen_t peer_len;	/**< 0: the socket is connected */
	int tos;		/**< traffic class seen, or to send with;
				     TSTAMP_NO_TOS: not seen, or the socket's */
	int64_t at;		/**< received: the best stamp there is */
	int64_t read_at;	/**< received: when the program got it */
	bool kernel;		/**< "at" is the kernel's or the hardware's */
	bool cut;		/**< it was longer than the buffer */
	bool stamp;		/**< to be sent: with a stamp, where TSTAMP_ASKED */
};

struct tstamp_batch {
	struct tstamp_packet v[TSTAMP_BATCH];
	size_t n;
	struct tstamp_room *room;
};

/** @return 0 or ENOMEM */
int tstamp_batch_alloc(struct tstamp_batch *b);
void tstamp_batch_free(struct tstamp_batch *b);

/** Of which packets that are sent the kernel tells by tstamp_sent(). */
enum tstamp_transmit { TSTAMP_NONE, TSTAMP_ALL, TSTAMP_ASKED };

/**
 * Ask for stamps and traffic classes on a UDP socket. A kernel that refuses
 * stamps is no error: *kernel is then false, and the program's are used.
 * @param transmit  stamps of what is sent as well; those asked for one by one
 *                  are the kernel's in software
 * @return 0 or errno
 */
int tstamp_enable(int fd, enum tstamp_transmit transmit, bool *kernel);

/** Receive what is there without waiting, at most TSTAMP_BATCH packets.
 *  @return 0, EAGAIN: there was nothing; or errno (ECONNREFUSED: an ICMP
 *          message came for a connected socket) */
int tstamp_recv(int fd, struct tstamp_batch *b);

/** Send v[0] to v[n - 1]. @param sent  how many went
 *  @return 0 or the errno of the first that did not go */
int tstamp_send(int fd, struct tstamp_batch *b, size_t *sent);

/** The same for v[from] to v[to - 1]: for whoever stamps what is sent by
 *  himself, just before. */
int tstamp_send_part(int fd, struct tstamp_batch *b, size_t from, size_t to, size_t *sent);

/** When a packet left. */
struct tstamp_sent {
	uint32_t id;		/**< which: the socket's packets that have one count from 0 */
	int64_t at;
	bool hardware;		/**< comes after the software one of the same id */
};

/** Transmit stamps that have come. @return how many were written to v */
size_t tstamp_sent(int fd, struct tstamp_sent *v, size_t max);

int64_t tstamp_wall(void);
int64_t tstamp_mono(void);

/** Of a software and a hardware stamp (0: not had) the one to believe. */
int64_t tstamp_choose(int64_t software, int64_t hardware);

/** Watches the wall clock for steps against the monotonic one, which NTP
 *  turns along with it when it only slews. */
struct tstamp_clock {
	int64_t offset;		/**< wall minus mono when last looked at; 0: never */
};

/** @return by how much the wall clock stepped since the last call, 0: it did
 *          not, or not by TSTAMP_STEP */
int64_t tstamp_stepped(struct tstamp_clock *c);
enum { TSTAMP_STEP = 100000 };

/** How far our wall clock may be from true time, as whoever keeps it (chrony,
 *  ntpd) told the kernel. @return -1: nobody keeps it */
int64_t tstamp_clock_error(void);

/** An operator's word for it, from now on instead of the kernel's: hosts
 *  whose clocks are kept by what the kernel does not see. */
void tstamp_clock_error_set(int64_t error_ns);

#endif
