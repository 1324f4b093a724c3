// Runs each model once and says whether its outputs are those of the machine that exported it.
#include <zephyr/sys/printk.h>

#include "interpreter/interpreter.h"
$includes

static void say(const char* model, const char* what, unsigned number) { printk("%s: %s: %u\n", model, what, number); }

$body
int main() {
  printk("%s\n", run_all() ? "passed" : "failed");
  return 0;
}
