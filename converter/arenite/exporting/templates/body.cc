alignas(16) static uint8_t arena[$arena_constant];

static bool fail(const char* model, const arenite::Error& error) {
  say(model, arenite::status_text(error.status), error.node);
  return false;
}

static bool run(const char* name, const uint8_t* bytes, size_t size, arenite::OpResolver resolver,
                bool (*self_test)(arenite::Interpreter*)) {
  arenite::Model model;
  arenite::Error error;
  if (arenite::Model::open(bytes, size, &model, &error) != arenite::Status::kOk) return fail(name, error);
  arenite::Interpreter interpreter(model, resolver, arena, sizeof(arena));
  if (interpreter.allocate(&error) != arenite::Status::kOk) return fail(name, error);
  const bool ok = self_test(&interpreter);
  say(name, ok ? "outputs equal the host's; bytes of arena" : "outputs differ from the host's; bytes of arena",
      interpreter.arena_used());
  return ok;
}

static bool run_all() {
  bool ok = true;
$tests
  return ok;
}
