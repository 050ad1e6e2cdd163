/**
 * What the process tells: events to its log and, the same, to its parent.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_REPORT_H
#define VISAVIS_DAEMONS_MEDIA_REPORT_H

#include <stdbool.h>

#include <jansson.h>

/** @param fd  the socket to the parent */
void report_init(int fd);

/** Send a message; steals o. Answers wait up to a second for room, others
 *  are dropped when the parent does not read. @return 0 or errno */
int report_send(json_t *o, bool answer);

/** An event; steals fields. From any thread. */
void report_event(const char *ev, json_t *fields);

/** Event "media" with `what`, the call, and a stream's id (-1: none).
 *  @param detail  NULL, or for source_error what is wrong */
void report_media(const char *what, const char *call_id, int stream, const char *detail);

#endif
