// TFLite Micro keeps this under several names.
#pragma once

#include "tensorflow/lite/micro/micro_op_resolver.h"
