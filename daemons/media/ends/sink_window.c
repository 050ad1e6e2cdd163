#include <SDL2/SDL.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemons/media/ends/sink.h"

struct window {
	struct sink s;
	SDL_Window *win;
	SDL_Renderer *ren;
	SDL_Texture *tex;
	unsigned w;
	unsigned h;
};


static void window_close(struct sink *s)
{
	struct window *w = (struct window *)s;

	if (w->tex)
		SDL_DestroyTexture(w->tex);
	if (w->ren)
		SDL_DestroyRenderer(w->ren);
	if (w->win)
		SDL_DestroyWindow(w->win);
	SDL_Quit();
	free(w);
}


static int window_open(struct sink **sp, const char *arg, const char *title, char *why, size_t size)
{
	struct window *w = calloc(1, sizeof(*w));

	if (!w)
		return ENOMEM;
	w->s.ops = &sink_window;
	(void)SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	if (!SDL_Init(SDL_INIT_VIDEO))
		w->win = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, 1280, 720,
					  SDL_WINDOW_RESIZABLE);
	/* a software renderer keeps graphics drivers out of this process */
	if (w->win)
		w->ren = SDL_CreateRenderer(w->win, -1, SDL_RENDERER_SOFTWARE);
	if (!w->ren) {
		(void)snprintf(why, size, "window: %s: set DISPLAY, or use the sink picture or none", SDL_GetError());
		window_close(&w->s);
		return ENODEV;
	}
	(void)SDL_RenderClear(w->ren);
	SDL_RenderPresent(w->ren);
	*sp = &w->s;
	return 0;
}


static void handle_events(struct window *w)
{
	SDL_Event e;

	while (SDL_PollEvent(&e)) {
		Uint32 full = SDL_GetWindowFlags(w->win) & SDL_WINDOW_FULLSCREEN_DESKTOP;

		if (e.type != SDL_KEYDOWN)
			continue;
		if (e.key.keysym.sym == SDLK_f || e.key.keysym.sym == SDLK_F11)
			(void)SDL_SetWindowFullscreen(w->win, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
		if (e.key.keysym.sym == SDLK_ESCAPE)
			(void)SDL_SetWindowFullscreen(w->win, 0);
	}
}


static int window_show(struct sink *s, const struct picture *p)
{
	struct window *w = (struct window *)s;

	handle_events(w);
	if (!w->tex || w->w != p->w || w->h != p->h) {
		if (w->tex)
			SDL_DestroyTexture(w->tex);
		w->tex = SDL_CreateTexture(w->ren, SDL_PIXELFORMAT_IYUV, SDL_TEXTUREACCESS_STREAMING, (int)p->w,
					   (int)p->h);
		if (!w->tex)
			return EIO;
		w->w = p->w;
		w->h = p->h;
		(void)SDL_RenderSetLogicalSize(w->ren, (int)p->w, (int)p->h);
	}
	if (SDL_UpdateYUVTexture(w->tex, NULL, p->p[0], (int)p->stride[0], p->p[1], (int)p->stride[1], p->p[2],
				 (int)p->stride[2]))
		return EIO;
	(void)SDL_RenderClear(w->ren);
	(void)SDL_RenderCopy(w->ren, w->tex, NULL, NULL);
	SDL_RenderPresent(w->ren);
	return 0;
}


const struct media_sink_ops sink_window = {
	.name = "window", .kind = MEDIA_VIDEO, .open = window_open, .close = window_close, .show = window_show,
};
