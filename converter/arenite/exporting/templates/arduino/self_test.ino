// Runs each model once and says whether its outputs are those of the machine that exported it.
#include <$name.h>

static void say(const char* model, const char* what, unsigned number) {
  Serial.print(model);
  Serial.print(": ");
  Serial.print(what);
  Serial.print(": ");
  Serial.println(number);
}

$body
void setup() {
  Serial.begin(115200);
  while (!Serial) {
  }
  Serial.println(run_all() ? "passed" : "failed");
}

void loop() {}
