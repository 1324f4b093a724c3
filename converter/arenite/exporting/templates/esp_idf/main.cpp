// Runs each model once and says whether its outputs are those of the machine that exported it.
#include <cstdio>

#include "interpreter/interpreter.h"
$includes

$say_stdio
$body
extern "C" void app_main() { std::printf("%s\n", run_all() ? "passed" : "failed"); }
