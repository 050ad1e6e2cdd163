/**
 * libre, in one place: include this and not <re.h>.
 *
 * libre's JSON types share names with jansson's; they are renamed here, we
 * use jansson. Newer libre versions change functions that we call; what has
 * to be smoothed over goes here too.
 */
#ifndef VISAVIS_IO_LIBRE_H
#define VISAVIS_IO_LIBRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#define JSON_STRING RE_JSON_STRING
#define JSON_INT    RE_JSON_INT
#define JSON_DOUBLE RE_JSON_DOUBLE
#define JSON_BOOL   RE_JSON_BOOL
#define JSON_NULL   RE_JSON_NULL
#include <re.h>
#undef JSON_STRING
#undef JSON_INT
#undef JSON_DOUBLE
#undef JSON_BOOL
#undef JSON_NULL

#endif
