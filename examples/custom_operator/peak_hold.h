// PeakHold, an operator of this program's own: y = max(x, last y - decay), element by element, int8.
#pragma once

#include "interpreter/kernel.h"

extern const arenite::Kernel kPeakHold;
