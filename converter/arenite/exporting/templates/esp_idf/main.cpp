// Runs each model once and says whether its outputs are those of the machine that exported it.
#include <cstdio>

#include "interpreter/interpreter.h"
$includes

static void say(const char* model, const char* what, unsigned number) { std::printf("%s: %s: %u\n", model, what, number); }

$body
extern "C" void app_main() { std::printf("%s\n", run_all() ? "passed" : "failed"); }
