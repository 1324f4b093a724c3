// Runs each model once and says whether its outputs are those of the machine that exported it. With the Arduino framework
// the result goes to Serial, else to stdout.
#include "interpreter/interpreter.h"
$includes

#if defined(ARDUINO)
#include <Arduino.h>
$say_serial#else
#include <cstdio>
$say_stdio#endif

$body
#if defined(ARDUINO)
void setup() {
  Serial.begin(115200);
  Serial.println(run_all() ? "passed" : "failed");
}
void loop() {}
#else
int main() { return run_all() ? 0 : 1; }
#endif
