#include "interpreter/signature.h"

namespace arenite {
namespace {

// Letter of a signature by TensorType. Tensors of types without one are refused before; a signature's '.' is any type
// whose elements are whole bytes, its 'n' one of whole numbers: i or q.
constexpr char kLetters[] = "f.iBq.?h.b..Qr.I.4";

bool matches(char letter, Type type) {
  if (letter == '.') return type != Type::kInt4;
  if (letter == 'n') return type == Type::kInt32 || type == Type::kInt64;
  return kLetters[static_cast<uint8_t>(type)] == letter;
}

struct Fit {
  bool arity = true;
  bool types = true;
};

// Matches the operands of one side; `end` ends the side's text. Returns the position of `end`.
const char* match_side(const char* text, char end, const Node& node, bool outputs, Fit* fit) {
  const int32_t count = outputs ? node.output_count() : node.input_count();
  int32_t index = 0;
  while (*text != end) {
    const bool optional = *text == '[';
    if (optional) ++text;
    const char letter = *text++;
    if (optional) ++text;
    const bool repeated = *text == '*';
    if (repeated) ++text;
    do {
      const Tensor tensor = outputs ? node.output(index) : node.input(index);
      if (!tensor.present) {
        fit->arity &= optional;
      } else {
        fit->types &= matches(letter, tensor.type);
      }
      ++index;
    } while (repeated && index < count);
  }
  fit->arity &= count <= index;
  return text;
}

}  // namespace

Status check_signatures(const char* signatures, const Node& node) {
  bool arity_fits = false;
  for (const char* text = signatures; *text != '\0';) {
    Fit fit;
    text = match_side(text, '>', node, false, &fit) + 1;
    text = match_side(text, '@', node, true, &fit);
    if (fit.arity && fit.types) return Status::kOk;
    arity_fits |= fit.arity;
    while (*text != '\0' && *text != ' ') ++text;
    while (*text == ' ') ++text;
  }
  return arity_fits ? Status::kBadType : Status::kBadArity;
}

}  // namespace arenite
