#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

#include "daemons/media/coding/encoder.h"

struct h264enc {
	struct h264enc_config cfg;
	ISVCEncoder *svc;
	uint8_t *buf;
	size_t size;
	uint64_t n;
};


static void params(SEncParamExt *p, const struct h264enc_config *cfg)
{
	SSpatialLayerConfig *l = &p->sSpatialLayers[0];

	p->iUsageType = CAMERA_VIDEO_REAL_TIME;
	p->iPicWidth = (int)cfg->w;
	p->iPicHeight = (int)cfg->h;
	p->fMaxFrameRate = (float)cfg->fps;
	p->iTargetBitrate = (int)cfg->bitrate;
	p->iMaxBitrate = (int)(cfg->bitrate + cfg->bitrate / 4);
	p->iRCMode = RC_BITRATE_MODE;
	p->bEnableFrameSkip = false;
	p->iIdrBitrateRatio = 300;	/* a large first picture is a late first picture */
	p->iSpatialLayerNum = 1;
	p->iTemporalLayerNum = 1;
	p->iComplexityMode = LOW_COMPLEXITY;
	p->uiIntraPeriod = cfg->key_interval;
	p->iNumRefFrame = 1;
	p->eSpsPpsIdStrategy = CONSTANT_ID;
	p->iEntropyCodingModeFlag = 0;
	p->iMinQp = 14;
	p->iMaxQp = 44;
	p->iMultipleThreadIdc = (unsigned short)cfg->threads;
	p->bEnableSceneChangeDetect = false;
	p->bEnableBackgroundDetection = true;
	p->bEnableAdaptiveQuant = false;

	l->iVideoWidth = p->iPicWidth;
	l->iVideoHeight = p->iPicHeight;
	l->fFrameRate = p->fMaxFrameRate;
	l->iSpatialBitrate = p->iTargetBitrate;
	l->iMaxSpatialBitrate = p->iMaxBitrate;
	l->uiProfileIdc = PRO_BASELINE;
	l->sSliceArgument.uiSliceMode = cfg->threads > 1 ? SM_FIXEDSLCNUM_SLICE : SM_SINGLE_SLICE;
	l->sSliceArgument.uiSliceNum = cfg->threads;
	if (cfg->max_nal) {
		p->uiMaxNalSize = cfg->max_nal;
		l->sSliceArgument.uiSliceMode = SM_SIZELIMITED_SLICE;
		l->sSliceArgument.uiSliceSizeConstraint = cfg->max_nal;
	}
}


int h264enc_alloc(struct h264enc **ep, const struct h264enc_config *cfg)
{
	int quiet = WELS_LOG_QUIET, format = videoFormatI420, err = ENOMEM;
	struct h264enc *e = calloc(1, sizeof(*e));
	SEncParamExt p;

	if (!e)
		return ENOMEM;
	e->cfg = *cfg;
	/* no coded picture is larger than the raw one, parameter sets aside */
	e->size = (size_t)cfg->w * cfg->h * 3 / 2 + 1024;
	e->buf = malloc(e->size);
	if (!e->buf || WelsCreateSVCEncoder(&e->svc) || !e->svc)
		goto out;

	err = EINVAL;
	(void)(*e->svc)->SetOption(e->svc, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	if ((*e->svc)->GetDefaultParams(e->svc, &p))
		goto out;
	params(&p, cfg);
	if ((*e->svc)->InitializeExt(e->svc, &p))
		goto out;
	(void)(*e->svc)->SetOption(e->svc, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	(void)(*e->svc)->SetOption(e->svc, ENCODER_OPTION_DATAFORMAT, &format);
	err = 0;
 out:
	if (err)
		h264enc_free(e);
	else
		*ep = e;
	return err;
}


void h264enc_free(struct h264enc *e)
{
	if (!e)
		return;
	if (e->svc) {
		(void)(*e->svc)->Uninitialize(e->svc);
		WelsDestroySVCEncoder(e->svc);
	}
	free(e->buf);
	free(e);
}


const struct h264enc_config *h264enc_config(const struct h264enc *e)
{
	return &e->cfg;
}


static int collect(struct h264enc *e, const SFrameBSInfo *info, size_t *len)
{
	size_t n = 0;

	for (int i = 0; i < info->iLayerNum; i++) {
		const SLayerBSInfo *l = &info->sLayerInfo[i];
		size_t size = 0;

		for (int k = 0; k < l->iNalCount; k++)
			size += (size_t)l->pNalLengthInByte[k];
		if (size > e->size - n)
			return EIO;
		memcpy(e->buf + n, l->pBsBuf, size);
		n += size;
	}
	*len = n;
	return 0;
}


int h264enc_encode(struct h264enc *e, const struct picture *p, bool key, const uint8_t **data, size_t *len,
		   bool *is_key)
{
	SSourcePicture src = { .iColorFormat = videoFormatI420, .iPicWidth = (int)p->w, .iPicHeight = (int)p->h };
	SFrameBSInfo info;

	if (p->w != e->cfg.w || p->h != e->cfg.h)
		return EIO;
	for (int i = 0; i < 3; i++) {
		src.iStride[i] = (int)p->stride[i];
		src.pData[i] = p->p[i];
	}
	src.uiTimeStamp = (long long)(e->n++ * 1000 / e->cfg.fps);
	if (key && (*e->svc)->ForceIntraFrame(e->svc, true))
		return EIO;

	memset(&info, 0, sizeof(info));
	if ((*e->svc)->EncodeFrame(e->svc, &src, &info))
		return EIO;
	*len = 0;
	*data = e->buf;
	*is_key = info.eFrameType == videoFrameTypeIDR;
	if (info.eFrameType == videoFrameTypeSkip || info.eFrameType == videoFrameTypeInvalid)
		return 0;
	return collect(e, &info, len);
}
