/** Reading a clip through libavformat; see clip.h. */
#ifndef VISAVIS_DAEMONS_MEDIA_CLIP_READ_H
#define VISAVIS_DAEMONS_MEDIA_CLIP_READ_H

#include "daemons/media/coding/clip.h"

/** Fill the clip from its descriptor. @return 0, EBADMSG, EFBIG, ENOMEM */
int clip_read(struct clip *c);

#endif
