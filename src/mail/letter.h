#pragma once
// One mail to one address, and how it is written: RFC 5322, RFC 2045 to 2047, RFC 6532 where an address wants it.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"

namespace kidoban::mail {

struct Letter {
  std::string occasion;          // "password_reset"
  std::string person;            // whose mail it is, an Id's text; "" for nobody's
  std::string to, to_name;       // both addresses have passed sendable_address
  std::string envelope_to;       // `to`, or who gets a copy
  std::string from_name, reply_to;
  std::string language;          // "ja", "en"
  std::string subject, body;     // body: lines ended by LF
};

// Its sealed form in the queue.
std::string letter_json(const Letter& letter);
Result<Letter> letter_from_json(std::string_view json);

// The whole message, its lines ended by CRLF. The same `id` gives the same Message-ID: who gets it twice can tell.
std::string message_text(const Letter& letter, std::string_view from_address, const Id& id, Time now);

}  // namespace kidoban::mail
