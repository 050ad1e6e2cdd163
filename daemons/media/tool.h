/** What visavis-media does for a person at the shell: make a clip, decode one. */
#ifndef VISAVIS_DAEMONS_MEDIA_TOOL_H
#define VISAVIS_DAEMONS_MEDIA_TOOL_H

struct tool_make {
	const char *path;
	const char *name;	/**< whose room it shows */
	unsigned w;
	unsigned h;
	unsigned fps;
	unsigned bitrate;
	unsigned seconds;
};

/** Write an MP4 with H.264 and Opus. Says on stderr what it does.
 *  @return 0 or errno, already reported */
int tool_make(const struct tool_make *m);

/** Decode a clip with the decoder of calls.
 *  @param hashes    NULL, or a file: one line a picture
 *  @param pictures  NULL, or a folder: the first and one each 5 s as PNG
 *  @return 0 or errno, already reported */
int tool_decode(const char *path, const char *hashes, const char *pictures);

#endif
