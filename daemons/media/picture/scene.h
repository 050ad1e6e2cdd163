/**
 * The test picture: a meeting room that differs by name, with people who
 * move, a clock, a lamp that lights for 100 ms at each full second, the time
 * in digits and as a time code.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SCENE_H
#define VISAVIS_DAEMONS_MEDIA_SCENE_H

#include "daemons/media/picture/picture.h"
#include "daemons/media/picture/timecode.h"

struct scene;

/** Paint what does not move. Takes some 50 ms at 1080p.
 *  @return 0, EINVAL (size), ENOMEM */
int scene_alloc(struct scene **sp, const char *name, unsigned w, unsigned h);
void scene_free(struct scene *s);

/** Draw the room as it looks at this time and burn the code.
 *  p has the scene's size. */
void scene_render(struct scene *s, struct picture *p, enum timecode_kind kind, uint64_t us);

/** Add the noise of a camera's sensor, so that a recorded clip is as hard to
 *  code as a real one. The time code stays clean. */
void scene_noise(struct picture *p, uint32_t seed, unsigned amplitude);

/** A still picture with a heading and a line of text below it, for when
 *  there is nothing else to show. */
void scene_slate(struct picture *p, const char *heading, const char *line);

#endif
