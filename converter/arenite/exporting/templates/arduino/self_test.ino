// Runs each model once and says whether its outputs are those of the machine that exported it.
#include <$name.h>

$say_serial
$body
void setup() {
  Serial.begin(115200);
  while (!Serial) {
  }
  Serial.println(run_all() ? "passed" : "failed");
}

void loop() {}
