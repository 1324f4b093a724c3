#include "formatting.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace arenite::tflm {
namespace {

// Digits of the longest text: a double of 2^63 with nine decimals; 64 bits in base 10 or 16 take less.
constexpr int kLongest = 32;

struct Field {
  bool left = false;
  bool zeros = false;
  char plus = 0;  // what stands before a number that is not negative: +, a space or 0
  int width = 0;
  int precision = -1;
  int bytes = sizeof(int);  // of the argument
};

struct Out {
  Put put;
  void* context;

  void repeat(char c, int count) const {
    for (; count > 0; --count) put(c, context);
  }
  void text(const char* begin, int length) const {
    for (int i = 0; i < length; ++i) put(begin[i], context);
  }
};

// Divides in place and returns the remainder, 16 bits at a time: no library's division of 64 bits is linked.
uint32_t divide(uint64_t* value, uint32_t divisor) {
  uint64_t quotient = 0;
  uint32_t rest = 0;
  for (int shift = 48; shift >= 0; shift -= 16) {
    const uint32_t part = rest << 16 | (static_cast<uint32_t>(*value >> shift) & 0xFFFF);
    quotient |= static_cast<uint64_t>(part / divisor) << shift;
    rest = part % divisor;
  }
  *value = quotient;
  return rest;
}

// Writes digits before `end` and returns the first.
char* write_digits(char* end, uint64_t value, uint32_t base, int at_least, const char* digits) {
  do {
    *--end = digits[divide(&value, base)];
    --at_least;
  } while (value != 0 || at_least > 0);
  return end;
}

constexpr char kLower[] = "0123456789abcdef";
constexpr char kUpper[] = "0123456789ABCDEF";

// `sign` (0: none), then the text, filled up to the width.
void write_field(const Out& out, const Field& field, char sign, const char* begin, int length) {
  const int room = field.width - length - (sign != 0 ? 1 : 0);
  if (!field.left && !field.zeros) out.repeat(' ', room);
  if (sign != 0) out.repeat(sign, 1);
  if (!field.left && field.zeros) out.repeat('0', room);
  out.text(begin, length);
  if (field.left) out.repeat(' ', room);
}

void write_integer(const Out& out, Field field, char sign, uint64_t value, uint32_t base, const char* digits) {
  char text[kLongest];
  char* const end = text + sizeof(text);
  if (field.precision >= 0) field.zeros = false;
  const int at_least = field.precision < kLongest ? field.precision : kLongest;
  const char* begin = write_digits(end, value, base, at_least, digits);
  write_field(out, field, sign, begin, static_cast<int>(end - begin));
}

char sign_of(const Field& field, bool negative) { return negative ? '-' : field.plus; }

// |value| = mantissa * 2^exponent, exactly.
struct Parts {
  uint64_t mantissa;
  int exponent;
  bool negative;
  bool finite;
};

Parts parts_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof(bits));
  const int exponent = static_cast<int>(bits >> 52 & 0x7FF);
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  const uint64_t hidden = exponent == 0 ? 0 : uint64_t{1} << 52;
  return {fraction | hidden, (exponent == 0 ? 1 : exponent) - 1075, bits >> 63 != 0, exponent != 0x7FF};
}

// The number as whole + fraction / 2^kFractionBits; what lies below is cut off.
constexpr int kFractionBits = 60;
struct Fixed {
  uint64_t whole;
  uint64_t fraction;
};

Fixed fixed_of(const Parts& parts) {
  const int down = -parts.exponent;
  if (down <= 0) return {parts.mantissa << -down, 0};
  const uint64_t whole = down < 64 ? parts.mantissa >> down : 0;
  const uint64_t rest = down < 64 ? parts.mantissa - (whole << down) : parts.mantissa;
  if (down <= kFractionBits) return {whole, rest << (kFractionBits - down)};
  return {whole, down - kFractionBits < 64 ? rest >> (down - kFractionBits) : 0};
}

// Decimals of the fraction, rounded to nearest, halves to even; 10^precision when it rounds up to the next whole
// number.
uint64_t decimals_of(const Fixed& fixed, int precision) {
  constexpr uint64_t kHalf = uint64_t{1} << (kFractionBits - 1);
  uint64_t fraction = fixed.fraction;
  uint64_t decimals = 0;
  for (int i = 0; i < precision; ++i) {
    fraction *= 10;
    decimals = decimals * 10 + (fraction >> kFractionBits);
    fraction &= (uint64_t{1} << kFractionBits) - 1;
  }
  const bool odd = ((precision == 0 ? fixed.whole : decimals) & 1) != 0;
  return decimals + (fraction > kHalf || (fraction == kHalf && odd) ? 1 : 0);
}

void write_float(const Out& out, Field field, double value) {
  constexpr int kMostDecimals = 9;
  const Parts parts = parts_of(value);
  const char sign = sign_of(field, parts.negative);
  if (!parts.finite || parts.exponent > 10) {
    const char* text = parts.finite ? "huge" : parts.mantissa << 12 != 0 ? "nan" : "inf";
    field.zeros = false;
    return write_field(out, field, sign, text, static_cast<int>(strlen(text)));
  }
  const int precision = field.precision < 0 ? 6 : field.precision < kMostDecimals ? field.precision : kMostDecimals;
  Fixed fixed = fixed_of(parts);
  uint64_t decimals = decimals_of(fixed, precision);
  uint64_t unit = 1;
  for (int i = 0; i < precision; ++i) unit *= 10;
  if (decimals >= unit) {
    decimals -= unit;
    ++fixed.whole;
  }
  char text[kLongest];
  char* const end = text + sizeof(text);
  char* begin = end;
  if (precision > 0) {
    begin = write_digits(begin, decimals, 10, precision, kLower);
    *--begin = '.';
  }
  begin = write_digits(begin, fixed.whole, 10, 1, kLower);
  write_field(out, field, sign, begin, static_cast<int>(end - begin));
}

void write_string(const Out& out, const Field& field, const char* text) {
  if (text == nullptr) text = "(null)";
  int length = 0;
  while ((field.precision < 0 || length < field.precision) && text[length] != 0) ++length;
  Field padded = field;
  padded.zeros = false;
  write_field(out, padded, 0, text, length);
}

// A list of arguments that functions can take from in turn.
struct Arguments {
  va_list list;

  uint64_t bits(int bytes) {
    if (bytes == sizeof(uint64_t)) return va_arg(list, uint64_t);
    const unsigned value = va_arg(list, unsigned);
    return bytes >= 4 ? value : value & ((1u << 8 * bytes) - 1);
  }
  int64_t number(int bytes) {
    const int unused = 64 - 8 * bytes;
    return static_cast<int64_t>(bits(bytes) << unused) >> unused;
  }
};

int read_number(const char** at, Arguments* arguments) {
  if (**at == '*') {
    ++*at;
    return va_arg(arguments->list, int);
  }
  int value = 0;
  for (; **at >= '0' && **at <= '9' && value < 1000; ++*at) value = value * 10 + (**at - '0');
  return value;
}

void read_flags(const char** at, Field* field) {
  for (;; ++*at) {
    switch (**at) {
      case '-':
        field->left = true;
        break;
      case '0':
        field->zeros = true;
        break;
      case '+':
      case ' ':
        field->plus = **at;
        break;
      case '#':
        break;
      default:
        return;
    }
  }
}

void read_length(const char** at, Field* field) {
  for (;; ++*at) {
    switch (**at) {
      case 'h':
        field->bytes /= 2;
        break;
      case 'l':
        field->bytes = field->bytes == sizeof(long) && (*at)[-1] == 'l' ? sizeof(long long) : sizeof(long);
        break;
      case 'j':
        field->bytes = sizeof(intmax_t);
        break;
      case 'z':
      case 't':
        field->bytes = sizeof(size_t);
        break;
      default:
        return;
    }
  }
}

Field read_field(const char** at, Arguments* arguments) {
  Field field;
  read_flags(at, &field);
  field.width = read_number(at, arguments);
  if (field.width < 0) {
    field.left = true;
    field.width = -field.width;
  }
  if (**at == '.') {
    ++*at;
    field.precision = read_number(at, arguments);
  }
  read_length(at, &field);
  return field;
}

void write_signed(const Out& out, const Field& field, int64_t value) {
  const uint64_t magnitude = value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  write_integer(out, field, sign_of(field, value < 0), magnitude, 10, kLower);
}

// False for a conversion that there is not.
bool write_conversion(const Out& out, Field field, char conversion, Arguments* arguments) {
  switch (conversion) {
    case 'd':
    case 'i':
      write_signed(out, field, arguments->number(field.bytes));
      return true;
    case 'u':
      write_integer(out, field, 0, arguments->bits(field.bytes), 10, kLower);
      return true;
    case 'x':
    case 'X':
      write_integer(out, field, 0, arguments->bits(field.bytes), 16, conversion == 'x' ? kLower : kUpper);
      return true;
    case 'p':
      write_integer(out, field, 0, reinterpret_cast<uintptr_t>(va_arg(arguments->list, void*)), 16, kLower);
      return true;
    case 'c': {
      const char c = static_cast<char>(va_arg(arguments->list, int));
      write_field(out, field, 0, &c, 1);
      return true;
    }
    case 's':
      write_string(out, field, va_arg(arguments->list, const char*));
      return true;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      write_float(out, field, va_arg(arguments->list, double));
      return true;
    case '%':
      out.repeat('%', 1);
      return true;
  }
  return false;
}

}  // namespace

void format(Put put, void* context, const char* format, va_list list) {
  const Out out{put, context};
  Arguments arguments;
  va_copy(arguments.list, list);
  for (const char* at = format; *at != 0; ++at) {
    if (*at != '%') {
      out.repeat(*at, 1);
      continue;
    }
    const char* const begin = at++;
    const Field field = read_field(&at, &arguments);
    if (!write_conversion(out, field, *at, &arguments)) {
      out.text(begin, static_cast<int>(at - begin));
      --at;  // the character itself is text
    }
  }
  va_end(arguments.list);
}

}  // namespace arenite::tflm
