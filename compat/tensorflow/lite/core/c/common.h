// TFLite Micro keeps this under several names.
#pragma once

#include "tensorflow/lite/c/common.h"
