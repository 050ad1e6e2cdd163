/**
 * Giving up rights: an unprivileged user, no new privileges, a system call
 * filter, no file but those in the output folder, limits.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SANDBOX_H
#define VISAVIS_DAEMONS_MEDIA_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum sandbox_mode {
	SANDBOX_ON = 0,		/**< a forbidden system call kills the process */
	SANDBOX_LOG,		/**< the kernel's audit log has it; it goes on */
	SANDBOX_OFF,
};

struct sandbox {
	enum sandbox_mode mode;
	int dirfd;		/**< may be written below; -1: nothing may */
	bool devices;		/**< a window, a camera or a sound card is open:
				  their libraries need more calls */
	unsigned uid;		/**< become this user when root */
};

enum { SANDBOX_UID = 65534 };

/**
 * Restrict files (landlock), user, limits. Before any thread is started, so
 * that all inherit it.
 * @param why  what was not possible, or ""; not an error inside a user
 *             namespace, where there is no other user to become
 * @return 0 or errno
 */
int sandbox_rights(const struct sandbox *s, char *why, size_t size);

/** The system call filter, for all threads. @return 0 or errno */
int sandbox_calls(const struct sandbox *s);

#endif
