// Everything that a sketch includes.
#pragma once

#include "interpreter/interpreter.h"
$includes
