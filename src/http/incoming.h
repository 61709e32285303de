#pragma once
// One request, read from bytes as they come: framing by Beast's parser (RFC 9112), and on top of it
// refusal of everything that two readers could frame differently.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"
#include "http/request.h"

namespace kidoban::http {

// Why a request can't be taken at all: said at once, and the connection is closed.
struct Refusal {
  int status;
  Reason reason;
};

class Incoming {
 public:
  enum class State { head, body, whole, refused };

  Incoming();
  ~Incoming();
  Incoming(Incoming&&) noexcept;
  Incoming& operator=(Incoming&&) noexcept;

  // Reads on; how many bytes were taken. What is left is the next part of this request once there are
  // more, or the next request. Stops after the head and waits for accept_body().
  std::size_t read(std::string_view bytes);
  State state() const;
  const Refusal& refusal() const;  // while refused

  // In state body: go on, to at most `limit`. False where it is already known to be longer.
  bool accept_body(std::size_t limit);

  // From state body on. Method, target, headers, and at last the body.
  Request& request();
  bool keep_alive() const;  // RFC 9112 §9.3
  bool wants_continue() const;  // Expect: 100-continue
  bool is_http11() const;
  bool has_begun() const;  // any byte of it was read

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kidoban::http
